/* Every maximum of the core, each with its reason. Sizes that an operator may change arrive in struct
 * core_settings and are checked against these at init. */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

enum {
    CORE_CATALOGS_MAX = 32,     /* configured catalogs; bounds metrics labels as well */
    CORE_TOPICS_MAX = 64,       /* a topic a catalog, and one for bulk each */
    CORE_PARTITIONS_MAX = 1024, /* assigned to one worker at once */
    CORE_WINDOW_MAX = 65536,    /* records in the window, over all partitions */
    CORE_SLACK_RECORDS = 256,   /* accepted beyond the window while a pause takes effect */
    CORE_OLD_SKUS_MAX = 4,      /* SKUs an unfinished product may still hold besides the wanted one */
    CORE_TARGETS_MAX = 1 + CORE_OLD_SKUS_MAX,
    CORE_OUTPUTS_MAX = 512, /* outputs of one step; the pump stops well below it and asks for another turn */
    CORE_BUDGET_CHUNK = 64, /* call tokens asked for at once: one Redis trip for many calls */
    CORE_ABSORBED_IDS_MAX = 100, /* named in a result; the count goes on */
    CORE_CLAIMS_ALONE = 3,       /* claims without a settle after which a record runs alone */
    CORE_CLAIMS_DEAD = 6,        /* and after which it is a dead letter: it kills workers */
};

#endif
