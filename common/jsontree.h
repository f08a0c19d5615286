/* Memory for the tree of cJSON nodes that the scan builds on its way (common/jsonscan.h): nodes and texts lie
 * in blocks, the first of them within this struct, so that a small document costs no malloc and no free. The
 * nodes are cJSON's own and are read with its functions, but must not be changed, detached or freed one by
 * one. */
#ifndef COMMON_JSONTREE_H
#define COMMON_JSONTREE_H

#include <cJSON.h>
#include <stddef.h>

enum {
    JSONTREE_BYTES = 16 * 1024
}; /* a document of 5 KB or so; more goes to the heap, as much again at a time */

struct jsontree_block;

struct jsontree {
    cJSON *root; /* the whole document, once it is scanned; NULL before */
    unsigned char *at;
    size_t left;
    struct jsontree_block *blocks;
    _Alignas(16) unsigned char memory[JSONTREE_BYTES];
};

/* An empty tree; its memory need not be cleared. */
static inline void jsontree_init(struct jsontree *tree)
{
    tree->root = NULL;
    tree->at = tree->memory;
    tree->left = JSONTREE_BYTES;
    tree->blocks = NULL;
}

/* The same as jsontree_alloc where the current block has no room. */
unsigned char *jsontree_more(struct jsontree *tree, size_t bytes);

/* Room for this many bytes (at least 1), aligned to 8; lives until jsontree_free. Never NULL: without memory
 * the process ends, as wherever a bounded amount is asked for. */
static inline void *jsontree_alloc(struct jsontree *tree, size_t bytes)
{
    size_t rounded = (bytes + 7) & ~(size_t)7;
    unsigned char *memory = tree->at;

    if (rounded > tree->left)
        return jsontree_more(tree, rounded);
    tree->at += rounded;
    tree->left -= rounded;
    return memory;
}

/* A node of this type (cJSON_String, ...) with everything else zero. */
cJSON *jsontree_node(struct jsontree *tree, int type);

/* Frees all nodes and texts; the tree is empty again. */
void jsontree_free(struct jsontree *tree);

#endif
