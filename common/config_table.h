/* Every configuration key, once: what reads, checks, prints and documents the configuration comes from these
 * tables.
 *
 * X(field, key, type, default, min, max, unit or choices, help)
 *
 * Types: STR, LIST (comma-separated), URL, INT, MS (duration), BYTES (size), BOOL, ENUM (choices split by
 * '|'), SECRET (has a
 * `.file` twin). min and max bound the number, or the length in bytes of a text. "" as default: not set. */
#ifndef COMMON_CONFIG_TABLE_H
#define COMMON_CONFIG_TABLE_H

#define CONFIG_KIB    INT64_C(1024)
#define CONFIG_MIB    (1024 * CONFIG_KIB)
#define CONFIG_SECOND INT64_C(1000)
#define CONFIG_MINUTE (60 * CONFIG_SECOND)
#define CONFIG_HOUR   (60 * CONFIG_MINUTE)
#define CONFIG_DAY    (24 * CONFIG_HOUR)

/* Keys of the whole program. A '#' row opens a section of the documentation. */
#define CONFIG_GLOBAL_TABLE(X, SECTION)                                                                      \
    SECTION("Kafka")                                                                                         \
    X(kafka_bootstrap_servers, "kafka.bootstrap.servers", STR, "", 1, 4096, "",                              \
      "Brokers to start from, host:port separated by commas. Required.")                                     \
    X(kafka_group_id, "kafka.group.id", STR, "catalog-sync", 1, 255, "",                                     \
      "Consumer group. All workers that share the work share it.")                                           \
    X(topic_events, "topic.events", LIST, "product-events", 0, 4096, "",                                     \
      "Topics of product events of any catalog. Catalogs that share a topic share fate when one is paused: " \
      "see catalog.topic.events. May be empty where every catalog has topics of its own.")                   \
    X(topic_events_bulk, "topic.events.bulk", LIST, "product-events.bulk", 0, 4096, "",                      \
      "The same of lower weight (re-syncs). May be empty.")                                                  \
    X(topic_results, "topic.results", STR, "product-sync-results", 1, 249, "",                               \
      "Topic of result events, compacted.")                                                                  \
    X(topic_dlq, "topic.dlq", STR, "product-events.dlq", 1, 249, "", "Topic of dead letters, compacted.")    \
    X(topic_audit, "topic.audit", STR, "catalog-sync.audit", 1, 249, "",                                     \
      "Topic of the tools' audit records: who resolved which dead letter, and why.")                         \
    X(commit_interval_ms, "commit.interval.ms", MS, "1000", 10, CONFIG_MINUTE, "ms",                         \
      "How often offsets are committed. More often costs requests, less often repeats more after a crash.")  \
    X(results_delivery, "results.delivery", ENUM, "at-least-once", 0, 0, "at-least-once|exactly-once",       \
      "How results reach read_committed readers. exactly-once is not available yet and is refused at "       \
      "start.")                                                                                              \
    SECTION("Redis")                                                                                         \
    X(redis_url, "redis.url", URL, "redis://127.0.0.1:6379/0", 1, 2048, "",                                  \
      "redis://[user@]host[:port][/database], rediss:// for TLS where hiredis was built with it.")           \
    X(redis_password, "redis.password", SECRET, "", 0, 4096, "", "Password for Redis.")                      \
    X(redis_connect_timeout_ms, "redis.connect.timeout.ms", MS, "2000", 50, CONFIG_MINUTE, "ms",             \
      "Longest wait for a connection to Redis.")                                                             \
    X(redis_reply_timeout_ms, "redis.reply.timeout.ms", MS, "2000", 50, CONFIG_MINUTE, "ms",                 \
      "Longest wait for an answer of Redis; after it the connection is dropped and made anew.")              \
    X(redis_restart_grace_ms, "redis.restart.grace.ms", MS, "10000", 0, CONFIG_HOUR, "ms",                   \
      "After Redis was restarted: how long claims wait, so that every worker can say first whether its "     \
      "last "                                                                                                \
      "writes are gone. lease.ms plus call.late.max.ms covers even workers cut off from Redis meanwhile.")   \
    X(redis_prefix, "redis.prefix", STR, "cs1", 1, 32, "", "Start of every key in Redis.")                   \
    SECTION("Calls")                                                                                         \
    X(catalog_mode, "catalog.mode", ENUM, "real", 0, 0, "real|plan-only",                                    \
      "plan-only: shadow mode, for all catalogs. Results say what would be called, no call is made, no "     \
      "token "                                                                                               \
      "is needed, and .shadow is added to kafka.group.id, topic.results, topic.dlq and redis.prefix.")       \
    X(call_connect_timeout_ms, "call.connect.timeout.ms", MS, "5000", 50, 5 * CONFIG_MINUTE, "ms",           \
      "Longest wait for a connection to the API.")                                                           \
    X(call_timeout_ms, "call.timeout.ms", MS, "30000", 100, 10 * CONFIG_MINUTE, "ms",                        \
      "Longest wait for one call's whole answer, connection included.")                                      \
    X(call_late_max_ms, "call.late.max.ms", MS, "60000", 100, CONFIG_HOUR, "ms",                             \
      "A call is applied within this time of being sent, or never: an assumption about the API (promise "    \
      "P2).")                                                                                                \
    X(bulk_late_max_ms, "bulk.late.max.ms", MS, "900000", CONFIG_SECOND, CONFIG_DAY, "ms",                   \
      "The same for a bulk call.")                                                                           \
    X(lease_ms, "lease.ms", MS, "45000", 200, CONFIG_HOUR, "ms",                                             \
      "How long a claim keeps a product for one worker. After a crash it waits this long.")                  \
    X(lease_margin_ms, "lease.margin.ms", MS, "5000", 0, 10 * CONFIG_MINUTE, "ms",                           \
      "No call's body is handed over when less than this and the call's time-out is left of the lease; no "  \
      "process sleeps longer, it is assumed, between that check and the write.")                             \
    X(lookup_lag_max_ms, "lookup.lag.max.ms", MS, "60000", 0, CONFIG_HOUR, "ms",                             \
      "The catalog's index may lag this much: an empty lookup is believed only that long after the last "    \
      "write.")                                                                                              \
    X(tls_ca_file, "tls.ca.file", STR, "", 0, 4096, "",                                                      \
      "PEM file of the authorities trusted for the API and for Redis. Empty: the system's.")                 \
    X(tls_verify, "tls.verify", BOOL, "true", 0, 0, "",                                                      \
      "Whether the API's certificates are checked. false logs a warning; Redis' are always checked.")        \
    SECTION("Retries and outages")                                                                           \
    X(retry_max_attempts, "retry.max.attempts", INT, "8", 1, 1000, "tries",                                  \
      "Tries before a dead letter, counted only while the catalog is known to work.")                        \
    X(retry_max_age_ms, "retry.max.age.ms", MS, "86400000", CONFIG_SECOND, 30 * CONFIG_DAY, "ms",            \
      "Age before a dead letter, counted only while the catalog is known to work.")                          \
    X(retry_backoff_base_ms, "retry.backoff.base.ms", MS, "500", 1, 10 * CONFIG_MINUTE, "ms",                \
      "First backoff; it doubles with each try, and the wait is drawn between nothing and it.")              \
    X(retry_backoff_max_ms, "retry.backoff.max.ms", MS, "60000", 1, CONFIG_HOUR, "ms", "Longest backoff.")   \
    X(retry_budget_percent, "retry.budget.percent", INT, "20", 0, 100, "%",                                  \
      "Retries allowed for a hundred successes, so that retries never multiply an outage.")                  \
    X(breaker_failures, "breaker.failures", INT, "10", 1, 10000, "products",                                 \
      "Distinct products failing without a success between them, after which calls to the catalog stop.")    \
    X(breaker_refusals, "breaker.refusals", INT, "10", 1, 10000, "products",                                 \
      "Distinct products refused for a cause that is not their own data (permission-like, or a code nobody " \
      "knows), without a write succeeding between them, after which the catalog pauses instead of making "   \
      "dead letters.")                                                                                       \
    X(breaker_open_ms, "breaker.open.ms", MS, "5000", 10, CONFIG_HOUR, "ms",                                 \
      "First wait before a probe call is let through; it doubles while probes fail.")                        \
    X(breaker_open_max_ms, "breaker.open.max.ms", MS, "60000", 10, CONFIG_DAY, "ms", "Longest such wait.")   \
    X(pause_probe_ms, "pause.probe.ms", MS, "60000", 100, CONFIG_DAY, "ms",                                  \
      "Between probes of a catalog paused for its credentials; a changed credential file is tried at once.") \
    SECTION("Memory of what was done")                                                                       \
    X(unchanged_max_age_ms, "unchanged.max.age.ms", MS, "2592000000", 0, 365 * CONFIG_DAY, "ms",             \
      "How long a confirmed content is believed to be in the catalog; 0: every event makes its call.")       \
    X(dedup_ttl_ms, "dedup.ttl.ms", MS, "604800000", CONFIG_SECOND, 365 * CONFIG_DAY, "ms",                  \
      "How long an event's outcome is kept. Not shorter than the event topic's retention.")                  \
    SECTION("Bounds")                                                                                        \
    X(window_records, "window.records", INT, "8192", 1, 65536, "records",                                    \
      "Records in work at once, all partitions. Each event topic has an equal share of them.")               \
    X(window_bytes, "window.bytes", BYTES, "16777216", 4096, 4096 * CONFIG_MIB, "bytes",                     \
      "Their size together; each event topic has an equal share of it.")                                     \
    X(window_span, "window.span", INT, "65536", 1, 1048576, "offsets",                                       \
      "Offsets between a partition's oldest open record and its newest.")                                    \
    X(record_max_bytes, "record.max.bytes", BYTES, "1048576", 1024, 64 * CONFIG_MIB, "bytes",                \
      "A larger event is a dead letter.")                                                                    \
    X(prefetch_bytes, "prefetch.bytes", BYTES, "8388608", 64 * CONFIG_KIB, 1024 * CONFIG_MIB, "bytes",       \
      "Records fetched from Kafka and not yet taken into the window.")                                       \
    X(shutdown_timeout_ms, "shutdown.timeout.ms", MS, "40000", 100, CONFIG_HOUR, "ms",                       \
      "After SIGTERM: longest wait for what is in flight. Keep the orchestrator's grace period above it.")   \
    X(revoke_timeout_ms, "revoke.timeout.ms", MS, "20000", 10, CONFIG_HOUR, "ms",                            \
      "When a partition is taken away: longest wait for what is in flight on it.")                           \
    SECTION("Events")                                                                                        \
    X(inactive_policy, "inactive.policy", ENUM, "hide", 0, 0, "hide|skip|delete",                            \
      "What becomes of a synced item whose product is inactive or lost its SKU.")                            \
    X(unknown_type, "unknown.type", ENUM, "skip", 0, 0, "skip|fail",                                         \
      "What becomes of an event of unknown type.")                                                           \
    X(unknown_fields, "unknown.fields", ENUM, "fail", 0, 0, "fail|ignore",                                   \
      "What becomes of an event whose `fields` hold a name that neither dialect of the API knows.")          \
    X(version_source, "version.source", ENUM, "data", 0, 0, "data|time|record",                              \
      "Where a product's version comes from: data.version, the event's time, or the record's time stamp.")   \
    X(version_future_max_ms, "version.future.max.ms", MS, "86400000", 0, 365 * CONFIG_DAY, "ms",             \
      "A version that reads as a time (microseconds) further in the future than this is refused.")           \
    X(link_fallback, "link.fallback", URL, "", 0, 2048, "", "Product page of an event that has no link.")    \
    X(image_fallback, "image.fallback", URL, "", 0, 2048, "", "Image of an event that has none.")            \
    X(default_currency, "default.currency", STR, "", 0, 3, "",                                               \
      "ISO 4217 code for events that name no currency. Empty: such an event fails.")                         \
    X(currency_offsets, "currency.offsets", LIST, "", 0, 4096, "",                                           \
      "Overrides of minor units in one unit of a currency, such as HUF=1,KWD=1000. Powers of ten to 10000.") \
    X(allow_zero_price, "allow.zero.price", BOOL, "false", 0, 0, "", "Whether a price of 0 is let pass.")    \
    SECTION("Operation")                                                                                     \
    X(admin_listen, "admin.listen", STR, "", 0, 256, "",                                                     \
      "Address of /livez, /readyz, /metrics and /status: host:port, or :port for all addresses. Empty: "     \
      "off.")                                                                                                \
    X(log_level, "log.level", ENUM, "info", 0, 0, "debug|info|warn|error", "Least important lines to log.")  \
    X(log_format, "log.format", ENUM, "json", 0, 0, "json|text", "Logs for machines or for people.")

/* Keys of one catalog: `catalog.<key>` for the catalog named default, `catalogs.<name>.<key>` for any. */
#define CONFIG_CATALOG_TABLE(X)                                                                              \
    X(id, "id", STR, "", 1, 32, "", "The catalog's id, digits. Required.")                                   \
    X(token, "token", SECRET, "", 0, 4096, "",                                                               \
      "Access token of a system user with catalog_management. Required.")                                    \
    X(app_secret, "app.secret", SECRET, "", 0, 4096, "",                                                     \
      "The app's secret; when set, each call carries its proof.")                                            \
    X(base_url, "base.url", URL, "https://graph.facebook.com", 1, 2048, "", "Where the API is.")             \
    X(api_version, "api.version", STR, "v25.0", 1, 8, "", "Version of the API, such as v25.0.")              \
    X(rate_per_hour, "rate.per.hour", INT, "20000", 0, 100000000, "calls",                                   \
      "Calls an hour for all workers together; 0: unlimited.")                                               \
    X(rate_burst, "rate.burst", INT, "100", 1, 1000000, "calls",                                             \
      "Calls that may be made at once after a quiet time.")                                                  \
    X(inflight_max, "inflight.max", INT, "64", 1, 4096, "calls", "Calls of one worker in flight at once.")   \
    X(topic_events, "topic.events", LIST, "", 0, 4096, "",                                                   \
      "Topics of this catalog alone. An event there that names no catalog is of this one, and one that "     \
      "names "                                                                                               \
      "another fails. Not inherited.")                                                                       \
    X(topic_events_bulk, "topic.events.bulk", LIST, "", 0, 4096, "",                                         \
      "The same of lower weight (re-syncs). Not inherited.")

/* Settings that contradict each other. X(holds, keys whose values are shown, what is wrong and the mend) */
#define CONFIG_CHECK_TABLE(X)                                                                                \
    X(c->call_connect_timeout_ms <= c->call_timeout_ms, "call.connect.timeout.ms,call.timeout.ms",           \
      "connecting is part of the call: raise call.timeout.ms or lower call.connect.timeout.ms")              \
    X(c->lease_margin_ms < c->lease_ms, "lease.margin.ms,lease.ms",                                          \
      "the margin must be a part of the lease: raise lease.ms")                                              \
    X(c->call_timeout_ms < c->lease_ms - c->lease_margin_ms, "call.timeout.ms,lease.ms,lease.margin.ms",     \
      "a call must end before its lease does, the margin taken off: raise lease.ms above call.timeout.ms "   \
      "plus lease.margin.ms")                                                                                \
    X(c->call_timeout_ms <= c->call_late_max_ms, "call.timeout.ms,call.late.max.ms",                         \
      "a call is late only after its time-out: raise call.late.max.ms to call.timeout.ms or more")           \
    X(c->call_late_max_ms <= c->bulk_late_max_ms, "call.late.max.ms,bulk.late.max.ms",                       \
      "a bulk call is never sooner done than a single one: raise bulk.late.max.ms")                          \
    X(c->redis_reply_timeout_ms + c->call_timeout_ms < c->lease_ms,                                          \
      "redis.reply.timeout.ms,call.timeout.ms,lease.ms",                                                     \
      "the lease must outlast the claim's answer and the call: raise lease.ms or lower "                     \
      "redis.reply.timeout.ms")                                                                              \
    X(c->retry_backoff_base_ms <= c->retry_backoff_max_ms, "retry.backoff.base.ms,retry.backoff.max.ms",     \
      "the first backoff is longer than the longest: raise retry.backoff.max.ms")                            \
    X(c->retry_backoff_max_ms <= c->retry_max_age_ms, "retry.backoff.max.ms,retry.max.age.ms",               \
      "an event would be too old before its first long backoff ends: raise retry.max.age.ms")                \
    X(c->breaker_open_ms <= c->breaker_open_max_ms, "breaker.open.ms,breaker.open.max.ms",                   \
      "the first wait is longer than the longest: raise breaker.open.max.ms")                                \
    X(c->retry_max_age_ms < c->dedup_ttl_ms, "retry.max.age.ms,dedup.ttl.ms",                                \
      "an outcome must be remembered longer than its event is retried: raise dedup.ttl.ms")                  \
    X(c->lease_ms + c->call_late_max_ms < c->dedup_ttl_ms, "lease.ms,call.late.max.ms,dedup.ttl.ms",         \
      "an outcome must outlast the calls it speaks of: raise dedup.ttl.ms")                                  \
    X(c->record_max_bytes <= c->window_bytes, "record.max.bytes,window.bytes",                               \
      "the largest record does not fit into the window: raise window.bytes")                                 \
    X(c->window_records <= c->window_span, "window.records,window.span",                                     \
      "the offset span is narrower than the window: raise window.span")                                      \
    X(c->call_timeout_ms < c->shutdown_timeout_ms, "call.timeout.ms,shutdown.timeout.ms",                    \
      "a call in flight could not end before the shutdown does: raise shutdown.timeout.ms (and the grace "   \
      "period)")                                                                                             \
    X(c->revoke_timeout_ms <= c->shutdown_timeout_ms, "revoke.timeout.ms,shutdown.timeout.ms",               \
      "a shutdown gives back every partition: raise shutdown.timeout.ms")                                    \
    X(c->revoke_timeout_ms < poll_ms, "revoke.timeout.ms,kafka.max.poll.interval.ms",                        \
      "the group would throw the worker out while it hands a partition over: lower revoke.timeout.ms")       \
    X(session_ms <= poll_ms, "kafka.session.timeout.ms,kafka.max.poll.interval.ms",                          \
      "a session must not be longer than the poll interval: raise kafka.max.poll.interval.ms")               \
    X(heartbeat_ms <= session_ms / 3, "kafka.heartbeat.interval.ms,kafka.session.timeout.ms",                \
      "a session needs several heartbeats: lower kafka.heartbeat.interval.ms to a third of the session")     \
    X(c->commit_interval_ms < c->shutdown_timeout_ms, "commit.interval.ms,shutdown.timeout.ms",              \
      "the last commit comes within the shutdown: lower commit.interval.ms")

#endif
