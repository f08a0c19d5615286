#!/usr/bin/env bash
# deploy/lib/packages.sh SET...: installs what is missing of these sets, on Debian 12 and 13; quiet where nothing is.
#   build   compiler, CMake, the libraries, redis-server, Python with Kafka's client
#   kafka   Java and Maven, for Apache Kafka
#   test    pytest, JSON Schema, pip, Django and PostgreSQL, clang, clang-format, coverage, Chromium
#   fuzz    clang and its fuzzer
#   package what a Debian package of this is made with
#   lint    what judges it
#   compose what reads compose.yaml (Debian 13's; 12's is too old)
#   image   what makes a bare Debian root (deploy/image/bare-root)
#   system  what the system tests need on dev-kafka alone
set -euo pipefail

JAVA=openjdk-17-jre-headless
if [ -r /etc/os-release ] && grep -q 'VERSION_ID="13"' /etc/os-release; then
    JAVA=openjdk-21-jre-headless
fi

# The version of clang that is installed, or would be.
clang_major() {
    if command -v clang >/dev/null 2>&1; then
        clang -dumpversion | cut -d. -f1
    else
        apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -1
    fi
}

# PACKAGE, or PACKAGE:COMMAND where the command may also have come another way.
packages_of() {
    case $1 in
    build)
        echo gcc:gcc libc6-dev cmake:cmake ninja-build:ninja pkg-config:pkg-config git:git librdkafka-dev libhiredis-dev \
            libcurl4-openssl-dev libcjson-dev libuv1-dev libmicrohttpd-dev uthash-dev libxxhash-dev libssl-dev \
            libcmocka-dev redis-server:redis-server python3 python3-confluent-kafka ca-certificates
        ;;
    kafka) echo "$JAVA:java" maven:mvn ;;
    test)
        # The Django example of docs/contracts.md runs in the tests, on a PostgreSQL of its own.
        echo python3-pytest python3-jsonschema python3-yaml python3-pip python3-django python3-psycopg2 postgresql \
            clang:clang clang-format:clang-format clang-tidy:run-clang-tidy gcovr:gcovr openssl:openssl \
            mandoc:mandoc man-db:man prometheus:promtool chromium:chromium chromium-driver:chromedriver
        ;;
    package) echo dpkg-dev file ;;
    compose) echo docker-compose ;;
    lint) echo lintian:lintian ;;
    image) echo debootstrap python3-pip ;;
    system) echo python3-pytest python3-jsonschema python3-yaml ;;
    fuzz) echo clang:clang "libclang-rt-$(clang_major)-dev" ;;
    *)
        echo "packages.sh: unknown set '$1' (build, kafka, test, fuzz, package, lint, compose, image, system)" >&2
        exit 2
        ;;
    esac
}

have() {
    local package=${1%%:*} command=${1#*:}
    [ "$command" != "$1" ] && command -v "$command" >/dev/null 2>&1 && return 0
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ]
}

missing=()
for set in "$@"; do
    wanted=$(packages_of "$set")
    for entry in $wanted; do
        have "$entry" || missing+=("${entry%%:*}")
    done
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "packages.sh: no apt-get here; please install what Debian calls: ${missing[*]}" >&2
    exit 1
fi
SUDO=()
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "packages.sh: neither root nor sudo; please install: ${missing[*]}" >&2
        exit 1
    fi
    SUDO=(sudo)
fi
echo "packages: installing ${#missing[@]} (${missing[*]})"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    "${SUDO[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Use-Pty=0 "$@" </dev/null >>"$log" 2>&1
}
# Debian's redis-server would start a service on port 6379; ours is private, so no service is started by an installation.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${SUDO[@]}" tee "$policy" >/dev/null
    "${SUDO[@]}" chmod 755 "$policy"
    trap '"${SUDO[@]}" rm -f "$policy"; rm -f "$log"' EXIT
fi
if ! { apt update && apt install -y --no-install-recommends "${missing[@]}"; }; then
    echo "packages.sh: the installation failed:" >&2
    tail -n 20 "$log" >&2
    exit 1
fi
