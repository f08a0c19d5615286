/* Intrusive lists of ops, by slot number. */
#include "worker/core/state.h"

void list_init(struct list *list, enum link_kind kind)
{
    *list = (struct list){.head = NIL, .tail = NIL, .kind = kind};
}

static struct link *link_of(struct core *core, const struct list *list, uint32_t slot)
{
    ASSERT(slot < core->slots);
    return &core->ops[slot].link[list->kind];
}

void list_push(struct core *core, struct list *list, uint32_t slot)
{
    struct link *link = link_of(core, list, slot);

    ASSERT(link->in == NULL);
    *link = (struct link){.prev = list->tail, .next = NIL, .in = list};
    if (list->tail == NIL)
        list->head = slot;
    else
        link_of(core, list, list->tail)->next = slot;
    list->tail = slot;
    list->count++;
}

void list_push_front(struct core *core, struct list *list, uint32_t slot)
{
    struct link *link = link_of(core, list, slot);

    ASSERT(link->in == NULL);
    *link = (struct link){.prev = NIL, .next = list->head, .in = list};
    if (list->head == NIL)
        list->tail = slot;
    else
        link_of(core, list, list->head)->prev = slot;
    list->head = slot;
    list->count++;
}

void list_remove(struct core *core, enum link_kind kind, uint32_t slot)
{
    struct link *link = &core->ops[slot].link[kind];
    struct list *list = link->in;

    if (!list)
        return;
    ASSERT(list->count > 0);
    if (link->prev == NIL)
        list->head = link->next;
    else
        link_of(core, list, link->prev)->next = link->next;
    if (link->next == NIL)
        list->tail = link->prev;
    else
        link_of(core, list, link->next)->prev = link->prev;
    list->count--;
    *link = (struct link){.prev = NIL, .next = NIL, .in = NULL};
}

uint32_t list_pop(struct core *core, struct list *list)
{
    uint32_t slot = list->head;

    if (slot != NIL)
        list_remove(core, list->kind, slot);
    return slot;
}
