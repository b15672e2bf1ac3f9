/* What the parts of the pacer share: its thread (pacer.c), the keeper of its lease (keeper.c) and its JavaScript face
 * (pacer-calls.c). Times are of CLOCK_MONOTONIC. All of these are called from the one JavaScript thread that started it. */
#ifndef VIPD_PACER_H
#define VIPD_PACER_H

#include "common.h"

#include <sys/socket.h>

enum { MOST_PACKETS = 256 /* of one entry */ };

struct packet {
  struct sockaddr_storage to;
  socklen_t to_length;
  uint8_t *data;
  uint32_t length;
};
struct packets {
  struct packet *list;
  uint32_t count;
};
/* What is repeated, and what is left behind should the lease run out. */
struct entry {
  uint32_t place; /* of the thread */
  int fd;
  int64_t counter_at; /* offset of a 16-bit counter in network order, 1..65535; -1 = none */
  uint64_t interval_ns, next_ns;
  uint64_t since_ns; /* of the thread: when `next_ns` was said */
  uint64_t order; /* of the thread */
  struct packets repeated, will;
  struct bytes final; /* netlink messages of the last will */
  uint64_t sent, failed;
  int last_error;
};
struct progress {
  uint64_t sent, failed, next_ns;
  int last_error;
  int armed; /* 1 or 0; -1 = nothing is in the slot */
};

/* --- the thread */

/* 0 or an errno. */
int pacer_begin(void);
/* Ends the thread and frees all entries. */
void pacer_end(void);
/* SCHED_FIFO of this priority, 0 = the usual class; 0 or an errno. */
int pacer_urgency(int priority);
/* A new entry, zeroed, or NULL. */
struct entry *entry_make(void);
void entry_drop(struct entry *e);
/* Takes `e` over, in place of what the slot held; false where there is no memory, and `e` stays the caller's. */
bool pacer_put(uint32_t slot, struct entry *e);
/* Once these have returned nothing more is sent for the slot; the first keeps its figures. */
void pacer_disarm(uint32_t slot);
void pacer_forget(uint32_t slot);
/* All that is still to be repeated comes so much earlier. */
void pacer_advance(uint32_t slot, uint64_t by_ns);
struct progress pacer_progress(uint32_t slot);
/* How long the lease is that begins when something is armed where nothing was; 0 = none begins by itself. */
void pacer_lease(uint64_t length_ns);
/* Sets the end of the lease. False, once, where it had run out. */
bool pacer_renew(uint64_t until_ns);
enum lease { LEASE_IDLE, LEASE_HELD, LEASE_LOST };
/* Begins a lease of that length anew. IDLE: nothing is armed. LOST: it had run out, and `pacer_renew` has not said so yet. */
enum lease pacer_prolong(void);
/* The longest delay of a packet since the start. */
uint64_t pacer_latest_ns(void);

/* --- the keeper */

/* From now on the lease is prolonged three times in each `lease_ns`, while the event loop of `env` turns; where it has run
 * out `lost` is called from that loop. 0, also where an exception is pending, or an errno. */
int keeper_begin(napi_env env, uint64_t lease_ns, napi_value lost);
/* To be called when something was armed: it sleeps while nothing is. */
void keeper_wake(void);
void keeper_end(void);

#endif
