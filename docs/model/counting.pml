/*
 * The counting protocol of one log of one partition, for spin to search exhaustively: two ingest nodes with their indexes, the log
 * of what was counted, lineage, floor, and a Redis that restarts, fails over, comes back from a copy or is edited by hand.
 *
 * Every step below is one script in Redis, one statement in Postgres, or what a node does with one answer. Between two steps
 * anything else may happen. Settlement is short here: an epoch is sealed at some time, and settled at some later time;
 * settlement.pml has its steps. README.md says what is left out, and tells the traces.
 *
 * The ID of an entry is its number in the log, so that two sides of a failover give the same IDs to different entries.
 * A call carries one event. Time passes only where a log is trimmed or counters are opened anew.
 *
 * What can be set (-D):
 *
 *   FAULTS=n         so many faults in all: lost answers, and those below
 *   TODO1 AGAIN1     the events that clients send to node 1, and those that they send to it once more; bits
 *   TODO2 AGAIN2     the same of node 2
 *   ONE_CALL         node 1 has one call under way at a time, else two
 *   ANY_TIME         a node reads the log while a call is under way too
 *   BEHIND=n         a caller that is more entries behind gets so many of them, and nothing counts
 *   TRIMS=n          the log is trimmed n times, at any time and place
 *   NODE_RESTARTS    a node may restart
 *   RESTARTS         Redis may restart, losing nothing
 *   CRASHES          a worker may crash between Redis' new lineage and the cursor's
 *   HALF_RAISED      it begins with event 0 counted in epoch 1, which is sealed, and with a worker that crashed there
 *   WIPES            Redis may come back empty
 *   COPIES=n         n copies of Redis are taken at any time, and it may come back from any of them
 *   SIDES            there is a replica, and failovers to it and back, both processes alive
 *   SYNCS=n          so often it catches up; where calls wait for it, as often as it takes
 *   ACK              a call is answered once the replica has what it did (MILLRACE_REDIS_ACK_REPLICAS=1)
 *   HAND             somebody deletes the log's first, last or every entry
 *   NO_... and others in "guards": takes a guard out
 */

#ifndef FAULTS
#define FAULTS 1
#endif
#ifndef TODO1
#define TODO1 3
#endif
#ifndef AGAIN1
#define AGAIN1 1
#endif
#ifndef TODO2
#define TODO2 3
#endif
#ifndef AGAIN2
#define AGAIN2 0
#endif
#ifndef BEHIND
#define BEHIND 9
#endif
#ifndef TRIMS
#define TRIMS 0
#endif
#ifndef COPIES
#define COPIES 0
#endif
#ifndef SYNCS
#define SYNCS 1
#endif
#ifndef SPARE
#define SPARE 0                     /* empty epochs that are sealed */
#endif

#define LAST 6                      /* the highest epoch there is room for; to reach it is an error, not a shorter search */
#define LONGEST 4                   /* the same of the log's entries */
#define max(a, b) ((a) > (b) -> (a) : (b))
#define is(set, e) ((set) & (1 << (e)))

/* ---------------------------------------------------------------------------------------------------- the two stores */

#ifdef NO_REPLID                    /* a process is run_id and master_replid: the latter is another one after a promotion */
#define IS_REPLICA
#else
#define IS_REPLICA process[1 - main] = 0;
#endif

typedef Redis {
    byte epoch;                     /* ctl: the pointer; 0: missing */
    byte lineage;
    byte confirmed;                 /* ctl: the process that was compared with the ledger; 0: none */
    byte since;
    byte floor;
    byte last;                      /* ctl: ID of the log's last entry */
    byte length;                    /* ctl: its entries */
    byte log[LONGEST + 1];          /* log:<class>: the events of each entry, a bit each; 0: there is none */
#ifdef NO_OWN
    byte by[LONGEST + 1];           /* the node that wrote the entry */
#endif
    byte earn[LAST + 1]             /* earn:<e>: the events that are paid with it */
};

typedef Postgres {
    byte settled;                   /* partition_cursor.settled_epoch */
    byte lineage;                   /* partition_cursor.lineage */
    byte paid                       /* the events in the ledger */
};

Redis side[2];                      /* two processes of Redis; the second is a replica at first */
byte process[2];                    /* run_id and master_replid of each; 0: a replica, the next promotion gives it another one */
bit main;                           /* which of them the name leads to */
#define R side[main]
#define PROCESS process[main]

#if COPIES > 0
Redis copy[COPIES];                 /* of Redis' files */
byte copies;
#endif

Postgres pg;
byte clock = 1;                     /* time as far as tokens tell */
byte lineages = 1;                  /* the highest lineage ever given */
byte processes = 2;                 /* the highest process ever given */
byte i;

/* ------------------------------------------------------------------------------------------------------------- nodes */

typedef Index {
    byte lineage;                   /* the history that it belongs to; 0: the node knows nothing */
    byte position;                  /* ID of the last entry it has read */
    byte known;                     /* the events in the log up to there */
    byte acked;                     /* the highest position that a replica has acknowledged */
    byte todo;                      /* events that clients wait for */
    byte again                      /* events that they send once more */
};

#define IDLE 0
#define SENT 1                      /* on its way to Redis */
#define RAN 2                       /* the answer is on its way back */
#define STALE 3                     /* "lineage" or "trimmed" is */

typedef Call {
    byte state;
    byte event;                     /* the identity that it carries, a bit; 0: none */
    byte known;                     /* an event that the index knows, and that waits for the call's answer; a bit */
    byte lineage, base;             /* the position that the caller believes in */
    byte position, tail;            /* the reply: the new position, and the events behind the caller's */
    byte verdict;
    bit acked                       /* whether the replica has what the call did */
};

#define AGAIN 0                     /* not counted: sent again */
#define GOOD 1                      /* accepted or duplicate */
#define SUPERSEDED 2

Index node[2];
Call call[3];                       /* 0 and 1 are node 1's, 2 is node 2's */

/* What only the properties know. */
byte counted;                       /* events ever counted */
byte promised;                      /* events answered as accepted or duplicate */
byte excused;                       /* events that Redis lost, or that were counted in one that had been given up */
byte born[3];                       /* when each event's token was issued; 0: not yet */

byte faults = FAULTS;
byte trims = TRIMS;
byte syncs = SYNCS;
byte spare = SPARE;

/* ----------------------------------------------------------------------------------------------------------- guards */

#ifdef NO_LINEAGE                   /* tally.lua: "lineage" */
#define SAME_LINEAGE(c) true
#else
#define SAME_LINEAGE(c) (call[c].lineage == R.lineage)
#endif

#ifdef NO_REPLY_LINEAGE             /* a node: a reply belongs to the lineage of its call */
#define OF_THE_INDEX(c, n) true
#else
#define OF_THE_INDEX(c, n) (call[c].lineage == node[n].lineage)
#endif

#ifdef NO_COMPLETE                  /* a node: a reply begins at or below the position */
#define COMPLETE(c, n) true
#else
#define COMPLETE(c, n) (call[c].base <= node[n].position)
#endif

#define ENTRIES ((R.log[1] > 0) + (R.log[2] > 0) + (R.log[3] > 0) + (R.log[4] > 0))
#define BEYOND ((R.log[2] > 0 && R.last < 2) || (R.log[3] > 0 && R.last < 3) || (R.log[4] > 0 && R.last < 4) || (R.log[1] > 0 && R.last < 1))
#ifdef NO_LENGTH                    /* tally.lua, page.lua, state.lua: is_sound */
#define SOUND true
#else
#define SOUND (ENTRIES == R.length && !BEYOND)
#endif

#ifdef NO_INCLUSIVE                 /* tally.lua: the first entry is the position's own */
#define THERE(id) true
#else
#define THERE(id) ((id) == 0 || R.log[id] > 0)
#endif

#ifdef NO_FLOOR                     /* tally.lua: iat - 60 s is not below the floor */
#define BELOW(e) false
#else
#define BELOW(e) (born[e] < R.floor)
#endif

#ifdef NO_SINCE                     /* tally.lua: iat is not below since */
#define TOO_OLD(e) false
#else
#define TOO_OLD(e) (born[e] < R.since)
#endif

#ifdef NO_OWN                       /* tally.lua: the reply holds the caller's own entries too */
#define IN_REPLY(id, n) (R.by[id] != (n) + 1)
#else
#define IN_REPLY(id, n) true
#endif

#ifdef NO_ACKED                     /* a node: the index answers up to the acknowledged position */
#define ANSWERS(n) true
#else
#ifdef ACK
#define ANSWERS(n) (node[n].position <= node[n].acked)
#else
#define ANSWERS(n) true
#endif
#endif

#ifdef NO_WAIT_WRITE                /* tally.lua: where a WAIT follows, something is written */
#define WRITES(c) (call[c].verdict == GOOD && call[c].event && !(call[c].tail & call[c].event))
#else
#define WRITES(c) true
#endif

#ifdef MAX_PLUS_ONE                 /* the watch: a lineage is never given twice */
#define NEW_LINEAGE (max(pg.lineage, R.lineage) + 1)
#else
#define NEW_LINEAGE (lineages + 1)
#endif

#ifdef NO_READ_LINEAGE              /* the worker settles epochs of the cursor's lineage only */
#define READS true
#else
#define READS (R.lineage == pg.lineage)
#endif

#ifdef NO_SEAL_LINEAGE              /* seal.lua: the lineage is the cursor's */
#define SEALS true
#else
#define SEALS (R.lineage == pg.lineage)
#endif

#ifdef NO_PAST                      /* the watch: a lineage below the cursor's comes from a time that was given up */
#define FROM_THE_PAST false
#else
#define FROM_THE_PAST (R.lineage < pg.lineage)
#endif

/* ----------------------------------------------------------------------------------------------------------- ingest */

#define SERVES (R.epoch > 0 && R.confirmed == PROCESS)

inline forget(n) {
    node[n].lineage = 0; node[n].position = 0; node[n].known = 0; node[n].acked = 0
}

inline clear(c) {
    call[c].state = IDLE; call[c].event = 0; call[c].known = 0; call[c].lineage = 0; call[c].base = 0;
    call[c].position = 0; call[c].tail = 0; call[c].verdict = AGAIN; call[c].acked = 0
}

inline answer(n, set, how) {
    promised = promised | set;
    printf("node %d: event <%d> is answered: %e\n", n + 1, set, how);
    if
    :: node[n].todo & set -> node[n].todo = node[n].todo & ~set
    :: else -> node[n].again = node[n].again & ~set
    fi
}

mtype = { by_index, by_a_call, while_under_way };

/* tally.lua, with one event. */
inline tally(c, n) {
    if
    :: !SERVES || !SOUND -> printf("node %d: the call is refused: not confirmed, or corrupt\n", n + 1); clear(c)
    :: else ->
        if
        :: !SAME_LINEAGE(c) -> call[c].state = STALE; printf("node %d: the call is of another lineage than %d\n", n + 1, R.lineage)
        :: SAME_LINEAGE(c) && R.last != call[c].base && !THERE(call[c].base) ->
            call[c].state = STALE; printf("node %d: position %d is trimmed\n", n + 1, call[c].base)
        :: SAME_LINEAGE(c) && !(R.last != call[c].base && !THERE(call[c].base)) ->
            call[c].state = RAN;
            call[c].position = R.last;
            if
            :: R.last > call[c].base + BEHIND -> call[c].position = call[c].base + BEHIND; call[c].acked = 1
            :: else
            fi;
            i = call[c].base + 1;
            do
            :: i <= call[c].position ->
                if
                :: R.log[i] > 0 && IN_REPLY(i, n) -> call[c].tail = call[c].tail | R.log[i]
                :: else
                fi;
#ifdef NO_OWN
                if
                :: R.log[i] & call[c].event -> call[c].verdict = GOOD
                :: else
                fi;
#endif
                i++
            :: else -> break
            od;
            if
            :: call[c].position < R.last -> printf("node %d: position %d is far behind, reads up to %d\n", n + 1, call[c].base, call[c].position)
            :: else ->
                if
                :: call[c].event == 0 || (call[c].tail & call[c].event) || call[c].verdict == GOOD ->
                    call[c].verdict = GOOD;
                    printf("node %d: tally.lua at position %d: event <%d> is a duplicate, position %d\n", n + 1, call[c].base, call[c].event | call[c].known, R.last)
                :: else ->
                    i = (call[c].event >> 1);                      /* its number: of bits 1, 2, 4 */
                    if
                    :: TOO_OLD(i) || BELOW(i) ->
                        call[c].verdict = SUPERSEDED;
                        printf("node %d: event <%d> is superseded\n", n + 1, call[c].event)
                    :: else ->
                        count(call[c].event, n);
                        call[c].verdict = GOOD;
                        printf("node %d: tally.lua at position %d: event <%d> is counted in epoch %d of lineage %d, position %d\n", n + 1, call[c].base, call[c].event, R.epoch, R.lineage, R.last);
#ifdef NO_DOUBLES
                        if
                        :: (node[n].todo & call[c].event) && (node[n].again & call[c].event) -> count(call[c].event, n)
                        :: else
                        fi;
#endif
                        call[c].position = R.last
                    fi
                fi;
#ifdef ACK
                if
                :: !WRITES(c) -> call[c].acked = 1; printf("node %d: WAIT has nothing to wait for\n", n + 1)
                :: else
                fi;
#endif
                if
                :: call[c].verdict == GOOD -> call[c].tail = call[c].tail | call[c].event
                :: else
                fi
            fi;
            i = 0
        fi
    fi
}

inline count(set, n) {
    assert(!(R.earn[R.epoch] & set));                              /* NEVER TWICE */
    assert(R.last < LONGEST);
    R.last++;
    R.log[R.last] = set;
#ifdef NO_OWN
    R.by[R.last] = n + 1;
#endif
    R.length++;
    R.earn[R.epoch] = R.earn[R.epoch] | set;
    counted = counted | set;
    if
    :: R.lineage < pg.lineage -> excused = excused | set
    :: else -> excused = excused & ~set
    fi
}

/* What a node does with the answer to a call. */
inline take(c, n) {
    if
    :: call[c].verdict == GOOD -> answer(n, call[c].event | call[c].known, by_a_call)
    :: call[c].verdict == SUPERSEDED -> node[n].todo = node[n].todo & ~call[c].event; node[n].again = node[n].again & ~call[c].event
    :: else
    fi;
    if
    :: OF_THE_INDEX(c, n) && COMPLETE(c, n) && call[c].position > node[n].position ->
        node[n].position = call[c].position;
        node[n].known = node[n].known | call[c].tail;
        printf("node %d: its index is at position %d: <%d>\n", n + 1, node[n].position, node[n].known)
    :: else
    fi;
#ifdef ACK
    if
    :: call[c].verdict != AGAIN && call[c].lineage == node[n].lineage -> node[n].acked = max(node[n].acked, call[c].position)
    :: else
    fi;
#endif
    clear(c)
}

#define WANTS(n, e) is(node[n].todo | node[n].again, e)
#define UNDER_WAY(n, e) ((n) == 0 && is(call[0].event | call[0].known | call[1].event | call[1].known, e) || (n) == 1 && is(call[2].event | call[2].known, e))
#define KNOWS(n, e) is(node[n].known, e)

/* Node n sends event e in call c, where Redis seems to serve and the index seems to be of its lineage. */
#define SENDS(c, n, e) d_step { call[c].state == IDLE && SERVES && node[n].lineage == R.lineage && WANTS(n, e) && !UNDER_WAY(n, e) && !(KNOWS(n, e) && ANSWERS(n)) -> send(c, n, e) }

inline send(c, n, e) {
    call[c].state = SENT;
    call[c].lineage = node[n].lineage;
    call[c].base = node[n].position;
#ifdef KNOWN_TRAVELS
    call[c].event = 1 << e;
#else
    if
    :: KNOWS(n, e) -> call[c].known = 1 << e
    :: else -> call[c].event = 1 << e
    fi;
#endif
    if
    :: born[e] == 0 -> born[e] = clock
    :: else
    fi;
#ifdef FILLED_EARLY                 /* a node: nothing enters the index but from a reply or a read */
    node[n].known = node[n].known | (1 << e);
#endif
    printf("node %d: sends event <%d> at position %d of lineage %d\n", n + 1, 1 << e, call[c].base, call[c].lineage)
}

/* The index answers. */
#define LOOKS_UP(n, e) d_step { WANTS(n, e) && KNOWS(n, e) && !UNDER_WAY(n, e) && ANSWERS(n) -> answer(n, 1 << e, by_index) }

/* A double of an event under way: it waits, so there is no step; without that guard it is called a duplicate at once. */
#ifdef DOUBLES_ANSWERED
#define DOUBLE(n, e) d_step { is(node[n].todo, e) && is(node[n].again, e) && UNDER_WAY(n, e) -> node[n].again = node[n].again & ~(1 << e); promised = promised | (1 << e); printf("node %d: event <%d> is answered: %e\n", n + 1, 1 << e, while_under_way) }
#endif

/* page.lua: one entry at a time. */
#ifdef ANY_TIME
#define QUIET(n) true
#else
#define QUIET(n) ((n) == 0 -> call[0].state == IDLE && call[1].state == IDLE : call[2].state == IDLE)
#endif
#define FOLLOWS(n) ((node[n].todo | node[n].again) && QUIET(n) && R.lineage > 0 && SOUND && (node[n].lineage != R.lineage || node[n].position != R.last))
inline follow(n) {
    if
    :: node[n].lineage != R.lineage || (node[n].position > 0 && R.log[node[n].position] == 0) ->
        forget(n);
        node[n].lineage = R.lineage;
        printf("node %d: reads the log of lineage %d anew\n", n + 1, R.lineage)
    :: else ->
        i = node[n].position + 1;
        do
        :: i < R.last && R.log[i] == 0 -> i++
        :: else -> break
        od;
        node[n].position = i;
        node[n].known = node[n].known | R.log[i];
        printf("node %d: reads entry %d: <%d>\n", n + 1, i, R.log[i]);
        i = 0
    fi
}

#ifdef ACK
#define ANSWERED(c) (call[c].acked)
#else
#define ANSWERED(c) true
#endif

#define CALL(c, n) \
    :: d_step { call[c].state == SENT -> tally(c, n) } \
    :: d_step { call[c].state == RAN && ANSWERED(c) -> take(c, n) } \
    :: d_step { call[c].state == STALE -> forget(n); clear(c) } \
    :: d_step { call[c].state != IDLE && faults > 0 -> faults--; printf("node %d: the call or its answer is lost\n", n + 1); clear(c) }

/* An ingest node and the clients behind it. What is not answered is sent again as soon as it can be counted. */
proctype Node1() {
end:
    do
    :: SENDS(0, 0, 0)
    :: SENDS(0, 0, 1)
    :: LOOKS_UP(0, 0)
    :: LOOKS_UP(0, 1)
    CALL(0, 0)
#ifndef ONE_CALL
    :: d_step { call[0].state != IDLE && call[1].state == IDLE && SERVES && node[0].lineage == R.lineage && WANTS(0, 0) && !UNDER_WAY(0, 0) && !(KNOWS(0, 0) && ANSWERS(0)) -> send(1, 0, 0) }
    :: d_step { call[0].state != IDLE && call[1].state == IDLE && SERVES && node[0].lineage == R.lineage && WANTS(0, 1) && !UNDER_WAY(0, 1) && !(KNOWS(0, 1) && ANSWERS(0)) -> send(1, 0, 1) }
    CALL(1, 0)
#endif
#ifdef DOUBLES_ANSWERED
    :: DOUBLE(0, 0)
#endif
    :: d_step { FOLLOWS(0) -> follow(0) }
#ifdef NODE_RESTARTS
    :: d_step { faults > 0 && node[0].lineage > 0 -> faults--; printf("node 1: restarts\n"); forget(0); clear(0); clear(1) }
#endif
    od
}

proctype Node2() {
end:
    do
    :: SENDS(2, 1, 0)
    :: SENDS(2, 1, 1)
    :: LOOKS_UP(1, 0)
    :: LOOKS_UP(1, 1)
    CALL(2, 1)
    :: d_step { FOLLOWS(1) -> follow(1) }
    od
}

/* ----------------------------------------------------------------------------------------------------------- worker */

#define OUT_OF_ORDER (R.epoch <= pg.settled || R.lineage != pg.lineage || R.confirmed != PROCESS || !SOUND)

#define LOST excused = excused | (counted & ~pg.paid)

inline begin_log() {
    R.last = 0; R.length = 0;
    i = 1;
    do
    :: i <= LONGEST -> R.log[i] = 0; i++
    :: else -> break
    od;
    i = 0;
    R.floor = clock
}

inline open_anew() {
    assert(pg.settled + 1 <= LAST);
    i = pg.settled + 1;
    do
    :: i <= LAST ->
        assert(!(R.earn[i] & promised & ~pg.paid & ~excused));     /* NOTHING THAT IS PROMISED IS SET ASIDE */
        R.earn[i] = 0;
        i++
    :: else -> break
    od;
    i = 0;
    clock++;
    R.since = clock;
    if
    :: R.lineage == 0 || !SOUND -> begin_log()
    :: else
    fi;
    R.epoch = pg.settled + 1;
    R.lineage = lineage;
    R.confirmed = 0;
    printf("worker: open.lua opens at epoch %d, lineage %d\n", R.epoch, lineage)
}

inline raise() {
    if
    :: !SOUND -> clock++; R.since = clock; begin_log(); printf("worker: the log is begun anew\n")
    :: else
    fi;
    R.lineage = lineage;
    R.confirmed = 0;
    printf("worker: raise.lua: lineage %d\n", lineage)
}

inline note() {
    pg.lineage = lineage;
#ifndef ACK
    if
    :: R.lineage < lineage -> LOST                                 /* what leads here now was given up */
    :: else
    fi;
#endif
    printf("worker: the cursor notes lineage %d\n", lineage)
}

inline confirm() {
    if
    :: R.epoch == pointer && R.lineage == lineage && PROCESS == looked_at ->
        R.confirmed = PROCESS;
        printf("worker: confirm.lua confirms process %d\n", PROCESS)
    :: else
    fi
}

#ifdef CRASHES
#define CRASHES_NOW faults > 0 -> faults--; printf("worker: crashes\n"); lineage = 0; pointer = 0; looked_at = 0
#else
#define CRASHES_NOW false
#endif

proctype Worker() {
    byte lineage, pointer, looked_at;

end:
    do
    :: d_step { R.epoch == pg.settled + 1 && R.confirmed == PROCESS && SEALS && (R.earn[R.epoch] || spare > 0) ->    /* seal.lua */
        if
        :: R.earn[R.epoch] == 0 -> spare--
        :: else
        fi;
        assert(R.epoch < LAST);
        printf("worker: seals epoch %d\n", R.epoch);
        R.epoch++ }
    :: d_step { R.epoch > pg.settled + 1 && READS ->                                    /* read, settle, release */
        pg.settled++;
        printf("worker: settles epoch %d of lineage %d: <%d>\n", pg.settled, R.lineage, R.earn[pg.settled]);
        assert(!(pg.paid & R.earn[pg.settled]));                                        /* NEVER TWICE */
        pg.paid = pg.paid | R.earn[pg.settled];
        R.earn[pg.settled] = 0 }
    :: d_step { OUT_OF_ORDER ->                                                         /* the watch: open.lua, raise.lua */
        lineage = NEW_LINEAGE;
        lineages = max(lineages, lineage);
        if
        :: R.epoch <= pg.settled || FROM_THE_PAST -> open_anew()
        :: else -> raise()
        fi;
        pointer = R.epoch;
        looked_at = PROCESS };
        if
#if defined(ACK) && !defined(NO_RAISE_WAIT)                                           /* WAIT: the replica has the lineage */
        :: d_step { side[1 - main].lineage == lineage && R.lineage == lineage }
        :: R.lineage != lineage -> goto over
#else
        :: skip
#endif
        :: d_step { CRASHES_NOW }; goto over
        fi;
#ifdef NO_NOTE                      /* the cursor notes the lineage before the partition counts */
        d_step { confirm() };
        if
        :: d_step { note() }
        :: d_step { CRASHES_NOW }
        fi;
#else
        d_step { note() };
        d_step { confirm() };
#endif
over:
        atomic { lineage = 0; pointer = 0; looked_at = 0 }
    od
}

/* ------------------------------------------------------------------------------------------------------------ faults */

inline keep(to, it) {
    to.epoch = it.epoch; to.lineage = it.lineage; to.confirmed = it.confirmed; to.since = it.since; to.floor = it.floor;
    to.last = it.last; to.length = it.length;
    i = 0;
    do
    :: i <= LONGEST ->
        to.log[i] = it.log[i];
#ifdef NO_OWN
        to.by[i] = it.by[i];
#endif
        i++
    :: else -> break
    od;
    i = 0;
    do
    :: i <= LAST -> to.earn[i] = it.earn[i]; i++
    :: else -> break
    od;
    i = 0
}

/* A WAIT under way fails. */
inline cut_off() {
#ifdef ACK
    i = 0;
    do
    :: i < 3 ->
        if
        :: call[i].state == RAN && !call[i].acked -> clear(i)
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
#else
    skip
#endif
}

#define DIES faults > 0 -> faults--; processes++; process[main] = processes

#ifdef ACK
#define UNACKED ((call[0].state == RAN && !call[0].acked) || (call[1].state == RAN && !call[1].acked) || (call[2].state == RAN && !call[2].acked))
inline catch_up() {
    i = 0;
    do
    :: i < 3 ->
        if
        :: call[i].state == RAN -> call[i].acked = 1
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0;
    printf("the replica catches up\n")
}
#endif

proctype Faults() {
end:
    do
    :: faults > 0 -> faults = 0
#if TRIMS > 0
    :: d_step { trims > 0 && SERVES && SOUND && R.length > 0 ->                         /* seal.lua: the oldest entry */
        trims--;
        clock++;
        R.floor = clock;
        R.length--;
        i = 1;
        do
        :: R.log[i] == 0 -> i++
        :: else -> R.log[i] = 0; break
        od;
        printf("the log is trimmed: entry %d goes, the floor is %d\n", i, R.floor);
        i = 0 }
    :: trims > 0 -> trims = 0
#endif
#ifdef RESTARTS
    :: d_step { DIES; printf("Redis restarts as process %d\n", processes); cut_off() }
#endif
#ifdef WIPES
    :: d_step { DIES; LOST;
        R.epoch = 0; R.lineage = 0; R.confirmed = 0; R.since = 0; begin_log(); R.floor = 0;
        i = 0;
        do
        :: i <= LAST -> R.earn[i] = 0; i++
        :: else -> break
        od;
        i = 0;
        printf("Redis comes back empty as process %d\n", processes) }
#endif
#if COPIES > 0
    :: d_step { copies < COPIES && faults > 0 && R.epoch > 0 && counted -> keep(copy[copies], R); copies++; printf("a copy of Redis is taken\n") }
    :: d_step { copies > 0 && DIES; LOST; keep(R, copy[0]); printf("Redis comes back from the first copy as process %d\n", processes) }
#endif
#if COPIES > 1
    :: d_step { copies > 1 && DIES; LOST; keep(R, copy[1]); printf("Redis comes back from the second copy as process %d\n", processes) }
#endif
#ifdef SIDES
#ifdef ACK
    :: d_step { side[1 - main].last != R.last || side[1 - main].lineage != R.lineage || side[1 - main].epoch != R.epoch || side[1 - main].confirmed != R.confirmed || UNACKED ->
        keep(side[1 - main], R); IS_REPLICA catch_up() }
#else
    :: d_step { syncs > 0 && faults > 0 && (side[1 - main].last != R.last || side[1 - main].lineage != R.lineage || side[1 - main].epoch != R.epoch || side[1 - main].confirmed != R.confirmed) ->
        syncs--; keep(side[1 - main], R); IS_REPLICA printf("the replica catches up\n") }
#endif
    :: d_step { faults > 0 ->
        faults--;
        main = 1 - main;
        if
        :: PROCESS == 0 -> processes++; PROCESS = processes        /* promoted: another master_replid */
        :: else                                                    /* it never was a replica meanwhile */
        fi;
        cut_off();
#ifndef ACK
        LOST;
#endif
        printf("Redis fails over to process %d: pointer %d, lineage %d, the log ends at %d\n", PROCESS, R.epoch, R.lineage, R.last) }
#endif
#ifdef HAND
    :: d_step { faults > 0 && R.last > 0 && R.log[R.last] > 0 -> faults--; R.log[R.last] = 0; printf("the log's last entry is deleted\n") }
    :: d_step { faults > 0 && R.last > 1 && R.log[1] > 0 -> faults--; R.log[1] = 0; printf("the log's first entry is deleted\n") }
    :: d_step { faults > 0 && R.last > 1 && R.length > 0 -> faults--;
        i = 1;
        do
        :: i <= LONGEST -> R.log[i] = 0; i++
        :: else -> break
        od;
        i = 0;
        printf("the log is deleted\n") }
#endif
    od
}

/* When nothing can happen any more, everything has: NO WEDGE, NOTHING LOST. */
proctype AtRest() {
end:
    timeout ->
    assert(!(node[0].todo | node[0].again | node[1].todo | node[1].again));
    assert(R.epoch == pg.settled + 1 && R.lineage == pg.lineage && R.confirmed == PROCESS);
    assert(!(promised & ~pg.paid & ~excused))
}

init {
    d_step {
        process[0] = 1;
#ifdef NO_REPLID
        process[1] = 2;
#endif
        R.epoch = 1; R.lineage = 1; R.confirmed = 1;
        pg.lineage = 1;
#ifdef HALF_RAISED
        R.earn[1] = 1; R.log[1] = 1; R.last = 1; R.length = 1; R.epoch = 2; R.lineage = 2; R.confirmed = 0;
        counted = 1; born[0] = 1; lineages = 2;
#endif
        keep(side[1], side[0]);
        node[0].todo = TODO1; node[0].again = AGAIN1; node[1].todo = TODO2; node[1].again = AGAIN2
    };
    atomic {
        run Node1();
        run Node2();
        run Worker();
        run Faults();
        run AtRest()
    }
}
