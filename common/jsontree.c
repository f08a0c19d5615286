#include "common/jsontree.h"

#include "common/assertx.h"

#include <stdlib.h>

struct jsontree_block {
    struct jsontree_block *next;
    _Alignas(16) unsigned char memory[];
};

unsigned char *jsontree_more(struct jsontree *tree, size_t bytes)
{
    size_t room = bytes > JSONTREE_BYTES ? bytes : JSONTREE_BYTES;
    struct jsontree_block *block = malloc(sizeof(*block) + room);

    ASSERT(block != NULL);
    block->next = tree->blocks;
    tree->blocks = block;
    tree->at = block->memory + bytes;
    tree->left = room - bytes;
    return block->memory;
}

cJSON *jsontree_node(struct jsontree *tree, int type)
{
    cJSON *node = jsontree_alloc(tree, sizeof(*node));

    *node = (cJSON){.type = type};
    return node;
}

void jsontree_free(struct jsontree *tree)
{
    while (tree->blocks) {
        struct jsontree_block *block = tree->blocks;

        tree->blocks = block->next;
        free(block);
    }
    jsontree_init(tree);
}
