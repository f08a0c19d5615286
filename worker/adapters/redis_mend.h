/* What people are told when Redis refuses something. */
#ifndef ADAPTERS_REDIS_MEND_H
#define ADAPTERS_REDIS_MEND_H

/* What is wrong and what to do, for the text of an error of Redis'; "" for one that is not known. */
const char *redis_mend(const char *error);

#endif
