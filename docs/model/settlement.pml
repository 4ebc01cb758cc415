/*
 * The settlement protocol of one partition, for spin to search exhaustively.
 *
 * Every step below is one command to Redis (a script, which Redis runs alone) or one statement to Postgres, and names what
 * it stands for in the code. Between two steps anything else may happen: a worker that is frozen is one that is not
 * scheduled for a while. README.md says what is left out, and tells the traces.
 *
 * What can be set (-D):
 *
 *   FAULTS=n         so many faults in all, of whatever kind is allowed; a transaction that Postgres ends because its worker
 *                    is frozen, and a worker that crashes or fails, always are
 *   REDIS_RESTARTS   Redis may restart, losing nothing
 *   REDIS_LOSES=n    Redis may come back n times empty or from a copy of an earlier state
 *   COPIES=n         so many copies are taken, at any time
 *   FAILOVERS=n      Postgres may fail over n times to a standby that lags behind by less than KEEP_SETTLED
 *   LAGS_BY_ONE      ... that lags behind by one settlement at most, however long ago that was
 *   FEW              the second node sends event 0 only, else a third event before that
 *   STEADY           workers neither freeze nor crash
 *   LEASE            a frozen worker loses the lock, but its transaction goes on
 *   READER           a live balance is read, once, at any time
 *   SPARE=n          so many turns of a worker that nothing called for: an empty epoch is sealed, a look finds all in order
 *   NO_...           takes a guard out
 */

#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef REDIS_LOSES
#define REDIS_LOSES 0
#endif
#ifndef COPIES
#define COPIES REDIS_LOSES
#endif
#ifndef FAILOVERS
#define FAILOVERS 0
#endif
#ifndef SPARE
#define SPARE 1
#endif

#define WORKERS 2
#define LAST 7                      /* the highest epoch there is room for; to reach it is an error, not a shorter search */
#define SEALED 128                  /* the field #sealed of an epoch's hash; a hash that is 0 does not exist */
#define EVENTS 127                  /* the events in it, a bit each */
#define max(a, b) ((a) > (b) -> (a) : (b))

/* ---------------------------------------------------------------------------------------------------- the two stores */

typedef Redis {
    byte epoch;                     /* ctl: the pointer; 0: missing */
    byte lineage;
    byte since;
    byte confirmed;                 /* ctl: the process that was compared with the ledger; 0: none */
    byte log;                       /* log:<class>: the events counted; counting.pml has its entries */
    byte earn[LAST + 1]             /* earn:<e>, engage:<e> and folded:<e> */
};

typedef Postgres {
    byte settled;                   /* partition_cursor.settled_epoch */
    byte released;                  /* partition_cursor.released_epoch */
    byte lineage;                   /* partition_cursor.lineage */
    byte paid                       /* the events in the ledger */
};

Redis redis;
byte process = 1;                   /* run_id and master_replid of the process that is Redis now */
byte lineages = 1;                   /* the highest lineage ever given */
byte clock = 1;                     /* time as far as tokens tell: one more at each re-opening */

#if COPIES > 0
Redis copy[COPIES];                 /* of Redis' files */
byte copies;
#endif

Postgres pg;
Postgres standby;
byte locked;                        /* the worker that holds the lock on the cursor's row; 0: none */
bit alive[WORKERS + 1];             /* whether the worker's transaction is */
bit busy;                           /* whether worker 1 is */

/* What only the properties know. */
byte counted;                       /* events ever counted */
byte excused;                       /* counted but not settled when Redis lost something: not promised */
byte born[3];                       /* when each event's token was issued; 0: not yet */
byte done;                          /* nodes whose events have all been answered */

bit halted;                         /* whether the next epoch is gone: trying again changes nothing */

byte faults = FAULTS;
byte losses = REDIS_LOSES;
byte failovers = FAILOVERS;
byte replicas = 2;                  /* so often the standby catches up */
byte spare = SPARE;

/* ----------------------------------------------------------------------------------------------------------- guards */

#ifdef NO_CONFIRM                   /* tally.lua: "unconfirmed" */
#define CONFIRMED true
#else
#define CONFIRMED (redis.confirmed == process)
#endif

#ifdef NO_EPOCH                     /* tally.lua: "moved" and "lineage" */
#define CURRENT (known_epoch > 0)
#else
#define CURRENT (known_epoch == redis.epoch && known_lineage == redis.lineage)
#endif

#ifdef NO_SEALED_MARK               /* tally.lua: "sealed" */
#define CLOSED_EPOCH false
#else
#define CLOSED_EPOCH (redis.earn[known_epoch] & SEALED)
#endif

#ifdef NO_SINCE                     /* tally.lua: verdict S */
#define SUPERSEDED(event) false
#else
#define SUPERSEDED(event) (born[event] < redis.since)
#endif

#ifdef NO_SEAL_CONFIRMED            /* seal.lua: "unconfirmed", of the process */
#define IN_PROCESS true
#else
#define IN_PROCESS (redis.confirmed == process)
#endif
#ifdef NO_SEAL_LINEAGE              /* seal.lua: "unconfirmed", of the lineage */
#define SEALS(of) IN_PROCESS
#else
#define SEALS(of) (IN_PROCESS && redis.lineage == (of))
#endif
#ifdef NO_READ_LINEAGE              /* the same, where the epoch is sealed already */
#define READS true
#else
#define READS SEALS(lineage)
#endif

#ifdef NO_PAST                      /* the watch: a lineage below the cursor's comes from a time that was given up */
#define FROM_THE_PAST false
#else
#define FROM_THE_PAST (lineage_seen < lineage)
#endif

#ifdef NO_LOCK                      /* FOR UPDATE SKIP LOCKED */
#define FREE true
#else
#define FREE (locked == 0)
#endif

#ifdef NO_OPEN_COMPARE              /* open.lua, raise.lua: "other" */
#define OPENS true
#else
#define OPENS (redis.epoch == epoch_seen && redis.lineage == lineage_seen)
#endif

#ifdef NO_CONFIRM_COMPARE           /* confirm.lua: "other" */
#define CONFIRMS true
#else
#define CONFIRMS (redis.epoch == epoch_seen && redis.lineage == lineage && process == process_seen)
#endif

#ifdef NO_CURSOR_COMPARE            /* Cursors.move: WHERE settled_epoch = ... */
#define MOVES true
#else
#define MOVES (pg.settled == settled)
#endif

/* Release.due: what was settled longer ago than KEEP_SETTLED has reached the standby; and never the last. */
#ifdef NO_KEEP
#define KEPT settled
#else
#if FAILOVERS > 0 && !defined(LAGS_BY_ONE)
#define KEPT standby.settled
#else
#define KEPT settled
#endif
#endif
#ifdef NO_LAST
#define DUE_UPTO (KEPT < settled -> KEPT : settled)
#else
#define DUE_UPTO (KEPT < settled -> KEPT : (settled > 0 -> settled - 1 : 0))
#endif

#ifdef MAX_PLUS_ONE                 /* the watch: a lineage is never given twice */
#define NEW_LINEAGE (max(lineage, lineage_seen) + 1)
#else
#define NEW_LINEAGE (lineages + 1)
#endif

/* ----------------------------------------------------------------------------------------------------------- ingest */

/* What tally.lua does with one event. */
inline tally(event) {
    if
    :: born[event] == 0 -> born[event] = clock
    :: else
    fi;
    if
    :: SUPERSEDED(event) ->                                        /* S */
        printf("node %d: event <%d> is superseded\n", me, 1 << event)
    :: !SUPERSEDED(event) && (redis.log & (1 << event)) ->        /* D */
        printf("node %d: event <%d> is a duplicate\n", me, 1 << event)
    :: !SUPERSEDED(event) && !(redis.log & (1 << event)) ->       /* A */
        printf("node %d: event <%d> is counted in epoch %d\n", me, 1 << event, known_epoch);
        redis.log = redis.log | (1 << event);
        redis.earn[known_epoch] = redis.earn[known_epoch] | (1 << event);
        counted = counted | (1 << event);
        excused = excused & ~(1 << event)
    fi
}

/*
 * An ingest node and the clients behind it. It sends `first`, once more if the answer is lost, then
 * `second`. A connection belongs to one process of Redis (Link), so that the process sent with a batch is that of the
 * process which runs the script. What is refused with 503 is sent again as soon as it can be counted.
 */
proctype Node(byte me; byte first; byte second; byte last) {
    byte known_epoch, known_lineage;                               /* what the node believes */
    byte sent;
    bit again;

    do
    :: d_step { redis.epoch > 0 && CONFIRMED && !CURRENT ->
        known_epoch = redis.epoch;
        known_lineage = redis.lineage;
        printf("node %d: learns that epoch %d of lineage %d is open\n", me, known_epoch, known_lineage) }
    :: atomic { redis.epoch > 0 && CONFIRMED && CURRENT && !CLOSED_EPOCH ->
        if
        :: d_step { sent == 0 -> tally(first) }
        :: d_step { sent == 1 -> tally(second) }
        fi;
        if
        :: sent == last ->
            d_step { known_epoch = 0; known_lineage = 0; again = 0; done++ };
            break
        :: sent < last -> sent++
        :: sent == 0 && me == 1 && !again -> again = 1; printf("node %d: the answer is lost\n", me)
        fi }
    od
}

/* ----------------------------------------------------------------------------------------------------------- worker */

/* Whether a settlement has something to do: an epoch to settle, or time that must pass for a node that waits. */
#define DUE (!halted && redis.epoch > pg.settled && SEALS(pg.lineage) && (redis.epoch > pg.settled + 1 || (redis.earn[redis.epoch] & EVENTS)))

/* Whether a look has. */
#define OUT_OF_ORDER (redis.epoch <= pg.settled || redis.confirmed != process || redis.lineage != pg.lineage)

/* Two idle workers are the same: the second begins only while the first is busy. */
#define TURN (FREE && (me == 1 || busy))

/* Locks the cursor and reads it. */
inline begin() {
#ifndef NO_LOCK
    locked = me;
#endif
    busy = busy || me == 1;
    alive[me] = 1;
    settled = pg.settled;
    lineage = pg.lineage;
    printf("worker %d: locks the cursor: epoch %d is settled, lineage %d\n", me, settled, lineage)
}

inline look_first() {
    busy = busy || me == 1;
    process_seen = process;
    printf("worker %d: looks which process Redis is: %d\n", me, process_seen)
}

/* Ends the transaction, if it still is one, and forgets. */
inline finish() {
    d_step {
        if
        :: locked == me -> locked = 0
        :: else
        fi;
        if
        :: me == 1 -> busy = 0
        :: else
        fi;
        alive[me] = 0;
        settled = 0; lineage = 0; anew = 0; until = 0; read = 0; from = 0; upto = 0;
        process_seen = 0; epoch_seen = 0; lineage_seen = 0; confirmed_seen = 0
    }
}

#ifdef STEADY
#define FRAIL false
#else
#define FRAIL true
#endif

/* kill -9, a broken connection, a command that fails: the transaction is rolled back. */
#define CRASH atomic { FRAIL && faults > 0 -> faults--; printf("worker %d: crashes\n", me); finish(); goto idle }

inline set_aside(e) {                                              /* RENAME to {pNN}:quarantine:... */
    assert(!(redis.earn[e] & EVENTS & ~pg.paid & ~excused));       /* NOTHING THAT IS PROMISED IS SET ASIDE */
    redis.earn[e] = 0
}

proctype Worker(byte me) {
    byte settled, lineage;                                         /* the cursor, as this transaction read it */
    byte until;                                                    /* every epoch below it is sealed */
    byte read;                                                     /* the events of the epochs read */
    byte from, upto;
    bit anew;                                                      /* whether the counters are opened anew */
    byte process_seen, epoch_seen, lineage_seen, confirmed_seen;   /* Redis, as a look saw it */

end_idle:
idle:
    if
    :: d_step { pg.lineage > 0 && TURN && DUE -> begin() }                              /* Cursors.claimDue */
    :: d_step { pg.lineage > 0 && TURN && spare > 0 -> spare--; begin() }
    :: d_step { TURN && OUT_OF_ORDER -> look_first() }; goto look                       /* RedisConnections */
    :: d_step { TURN && spare > 0 -> spare--; look_first() }; goto look
    fi;

    /* seal: Sealing, seal.lua */
    if
    :: atomic {
        d_step {
            assert(settled + 2 <= LAST);
#ifdef NO_SEAL_COMPARE
            redis.earn[settled + 1] = redis.earn[settled + 1] | SEALED;
            redis.epoch = settled + 2;
            until = settled + 2;
#else
            if
            :: redis.epoch <= settled || (redis.epoch == settled + 1 && !SEALS(lineage)) || (redis.epoch > settled + 1 && !READS) ->
                until = 0                                          /* missing, lost or unconfirmed */
            :: SEALS(lineage) && redis.epoch == settled + 1 ->              /* sealed */
                redis.earn[settled + 1] = redis.earn[settled + 1] | SEALED;
                redis.epoch = settled + 2;
                until = settled + 2
            :: READS && redis.epoch > settled + 1 -> until = redis.epoch       /* already, or further ahead */
            fi;
#endif
            printf("worker %d: seal.lua for epoch %d: every epoch below %d is sealed, the pointer is %d\n", me, settled + 1, until, redis.epoch)
        };
        if
        :: until == 0 -> finish(); goto idle
        :: else -> from = settled + 1
        fi }
    :: CRASH
    fi;

read_on:                                                           /* EpochReader, one epoch after the other */
    if
    :: atomic {
        d_step {
            if
            :: redis.earn[from] & SEALED ->
                printf("worker %d: reads epoch %d: <%d>\n", me, from, redis.earn[from] & EVENTS);
                assert(!(read & redis.earn[from] & EVENTS));       /* NEVER TWICE */
                read = read | (redis.earn[from] & EVENTS);
                from++
            :: else ->                                             /* BrokenPartition: the sound ones before it are settled */
                printf("worker %d: epoch %d is gone or not sealed: left out\n", me, from);
                until = from
            fi
        };
        if
        :: from < until -> goto read_on
        :: from == until
        fi }
    :: CRASH
    fi;

    /* book: Settlement.touch and book; Release.due */
    if
    :: atomic { !alive[me] || until == settled + 1 ->
        halted = halted || (pg.settled == settled && redis.epoch > settled + 1 && !(redis.earn[settled + 1] & SEALED));
        printf("worker %d: gives up\n", me);
        finish(); goto idle }
    :: atomic { alive[me] && until > settled + 1 ->
        from = pg.released + 1;
        upto = DUE_UPTO;
        if
        :: upto < from -> from = 0; upto = 0; goto commit
        :: upto >= from
        fi }
    :: CRASH
    fi;

    /* release: Release.run, UNLINK */
    if
    :: d_step {
        do
        :: from <= upto && redis.lineage == lineage -> printf("worker %d: releases epoch %d\n", me, from); redis.earn[from] = 0; from++
        :: else -> from = 0; break
        od }
    :: CRASH
    fi;

commit:                                                            /* Cursors.move; COMMIT, whether its answer arrives or not */
    if
    :: atomic { alive[me] && MOVES ->
        printf("worker %d: commits: epochs %d to %d are settled\n", me, settled + 1, until - 1);
        assert(!(pg.paid & read));                                 /* NEVER TWICE */
#ifdef LAGS_BY_ONE
        standby.settled = pg.settled; standby.released = pg.released; standby.lineage = pg.lineage; standby.paid = pg.paid;
#endif
        pg.paid = pg.paid | read;
        pg.settled = until - 1;
        pg.released = max(pg.released, upto);
        finish(); goto idle }
    :: atomic { !(alive[me] && MOVES) -> printf("worker %d: is refused, its transaction is dead or the cursor has moved\n", me); finish(); goto idle }
    :: CRASH
    fi;

look:                                                              /* the watch: state.lua */
    if
    :: d_step {
        epoch_seen = redis.epoch; lineage_seen = redis.lineage; confirmed_seen = redis.confirmed;
        printf("worker %d: sees pointer %d, lineage %d, confirmed process %d\n", me, epoch_seen, lineage_seen, confirmed_seen) }
    :: CRASH
    fi;
    if                                                             /* Cursors.claimFree */
    :: atomic { FREE ->
        d_step { begin() };
        if
        :: epoch_seen <= settled || FROM_THE_PAST -> anew = 1; lineage = NEW_LINEAGE; lineages = max(lineages, lineage)
        :: else ->
            if
            :: confirmed_seen != process_seen || lineage_seen != lineage -> lineage = NEW_LINEAGE; lineages = max(lineages, lineage)
            :: else -> finish(); goto idle
            fi
        fi }
    :: atomic { !FREE -> finish(); goto idle }
    :: CRASH
    fi;

    /* open.lua, raise.lua */
    if
    :: d_step {
        if
        :: !OPENS -> lineage = 0                                   /* other: nothing has changed */
        :: OPENS && !anew ->
            redis.lineage = lineage;
            redis.confirmed = 0;
            printf("worker %d: raise.lua: lineage %d\n", me, lineage)
        :: OPENS && anew ->
            printf("worker %d: open.lua opens at epoch %d, lineage %d\n", me, settled + 1, lineage);
            assert(settled + 1 <= LAST);
            from = settled + 1;
            set_aside(from);
            if
            :: epoch_seen > 0 && epoch_seen < from -> set_aside(epoch_seen)
            :: else
            fi;
            do
            :: from < epoch_seen -> from++; set_aside(from)
            :: else -> from = 0; break
            od;
            redis.epoch = settled + 1;
            redis.lineage = lineage;
            redis.confirmed = 0;
            epoch_seen = redis.epoch;
            clock++;
            redis.since = clock
        fi }
    :: CRASH
    fi;

    /*
     * The cursor notes the lineage, COMMIT; then confirm.lua. They are one step here: confirm.lua does nothing unless pointer, lineage
     * and process are still those that were compared. counting.pml has them apart.
     */
    if
    :: atomic { alive[me] && lineage > 0 ->
        d_step {
            pg.lineage = lineage;
            printf("worker %d: the cursor notes lineage %d\n", me, lineage)
        };
        if
        :: d_step { CONFIRMS ->
            redis.confirmed = process;
            halted = 0;
            printf("worker %d: confirm.lua confirms process %d, lineage %d\n", me, process, lineage) }
        :: !CONFIRMS                                               /* other: nothing has changed */
        :: FRAIL && faults > 0 -> faults--; printf("worker %d: crashes\n", me)
        fi;
        finish(); goto idle }
    :: atomic { !alive[me] || lineage == 0 -> finish(); goto idle }
    :: CRASH
    fi
}

/* ---------------------------------------------------------------------------------------------------- a live balance */

#ifdef READER
/* LiveBalance.attempt, of a creator to whom all events belong. */
proctype Reader() {
    byte bound, lineage_read, pointer, at, s, losses_before, sure;
    byte sums[LAST + 1];

    d_step { pg.lineage > 0 -> bound = pg.settled };               /* Balances: the cursor as a lower bound */
    d_step {                                                       /* pending.lua */
        if
        :: redis.confirmed == process && redis.epoch > bound ->
            sure = counted & ~excused; losses_before = losses; pointer = redis.epoch; lineage_read = redis.lineage;
            at = bound + 1;
            do
            :: at <= pointer -> sums[at] = redis.earn[at]; at++
            :: else -> at = 0; break
            od
        :: else                                                    /* 503 */
        fi
    };
    if
    :: pointer == 0 -> goto over
    :: else
    fi;
    d_step {                                                       /* Balances: balance and cursor in one statement */
        if
        :: pg.settled < bound || pg.settled >= pointer || pg.lineage != lineage_read -> skip           /* starts over */
        :: else ->
            s = pg.paid;
            at = pg.settled + 1;
            do
            :: at > pointer -> break
            :: at <= pointer ->
                if
                :: at < pointer && !(sums[at] & SEALED) -> s = 0; sure = 0; break                      /* 503 */
                :: else
                fi;
                assert(!(s & sums[at] & EVENTS));                  /* NEVER DOUBLE */
                s = s | (sums[at] & EVENTS);
                at++
            od;
            assert(!(s & ~counted));                               /* never more than was counted */
            assert(losses != losses_before || !(sure & ~s))                        /* NEVER SHORT of what was counted before it began */
        fi
    };
over:
    atomic {
        bound = 0; lineage_read = 0; pointer = 0; s = 0; losses_before = 0; sure = 0;
        at = 0;
        do
        :: at <= LAST -> sums[at] = 0; at++
        :: else -> at = 0; break
        od
    }
}
#endif

/* ------------------------------------------------------------------------------------------------------------ faults */

inline keep(to, it) {
    to.epoch = it.epoch; to.lineage = it.lineage; to.since = it.since; to.confirmed = it.confirmed; to.log = it.log;
    i = 0;
    do
    :: i <= LAST -> to.earn[i] = it.earn[i]; i++
    :: else -> break
    od;
    i = 0
}

#define LOSES faults > 0 && losses > 0 -> printf("Redis dies and comes back as process %d, older or empty\n", process + 1); faults--; losses--; process++; excused = excused | (counted & ~pg.paid)

proctype Faults() {
    byte i;

end:
    do
    :: faults > 0 -> faults = 0                                    /* no more */
    :: d_step { FRAIL && faults > 0 && locked > 0 ->                      /* frozen for longer than idle_in_transaction_session_timeout */
        faults--;
#ifdef LEASE
        printf("worker %d: is frozen and loses the lock\n", locked);
#else
        printf("worker %d: is frozen, Postgres ends its transaction\n", locked);
        alive[locked] = 0;
#endif
        locked = 0 }
#ifdef REDIS_RESTARTS
    :: d_step { faults > 0 -> faults--; process++; printf("Redis restarts as process %d\n", process) }
#endif
#if REDIS_LOSES > 0
    :: d_step { LOSES;                                             /* wiped */
        redis.epoch = 0; redis.lineage = 0; redis.since = 0; redis.confirmed = 0; redis.log = 0;
        i = 0;
        do
        :: i <= LAST -> redis.earn[i] = 0; i++
        :: else -> break
        od;
        i = 0 }
#if COPIES > 0
    :: d_step { copies < COPIES && losses > 0 && faults > 0 && redis.epoch > 0 -> keep(copy[copies], redis); copies++; printf("a copy of Redis is taken\n") }
    :: d_step { copies > 0 && LOSES; keep(redis, copy[0]) }        /* restored */
#endif
#if COPIES > 1
    :: d_step { copies > 1 && LOSES; keep(redis, copy[1]) }
#endif
#endif
#if FAILOVERS > 0
#ifndef LAGS_BY_ONE
    :: d_step { failovers > 0 && faults > 0 && replicas > 0 && (standby.settled != pg.settled || standby.lineage != pg.lineage || standby.released != pg.released) ->
        standby.settled = pg.settled; standby.released = pg.released; standby.lineage = pg.lineage; standby.paid = pg.paid;
        replicas--; printf("the standby is up to date: epoch %d is settled\n", standby.settled) }
#endif
    :: d_step { faults > 0 && failovers > 0 ->
        printf("Postgres fails over: epoch %d is settled, was %d\n", standby.settled, pg.settled);
        faults--; failovers--;
        pg.settled = standby.settled; pg.released = standby.released; pg.lineage = standby.lineage; pg.paid = standby.paid;
        locked = 0; alive[1] = 0; alive[2] = 0; halted = 0 }
#endif
    od
}

/* When nothing can happen any more, everything has: NO WEDGE, NOTHING LOST. */
proctype AtRest() {
end:
    timeout ->
    assert(done == 2);
    assert(redis.epoch == pg.settled + 1 && redis.lineage == pg.lineage && redis.confirmed == process);
    assert(!(counted & ~pg.paid & ~excused))
}

init {
    atomic {
        redis.epoch = 1; redis.lineage = 1; redis.confirmed = 1;
        pg.lineage = 1; standby.lineage = 1;
        run Node(1, 0, 1, 1);
#ifdef FEW
        run Node(2, 0, 0, 0);                                      /* a reload, or a retry elsewhere: event 0 again */
#else
        run Node(2, 2, 0, 1);
#endif
        run Worker(1);
        run Worker(2);
#ifdef READER
        run Reader();
#endif
        run Faults();
        run AtRest()
    }
}
