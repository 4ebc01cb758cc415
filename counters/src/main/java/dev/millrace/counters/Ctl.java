package dev.millrace.counters;

/** Names of the fields of a partition's {@code ctl} and of the control fields of an earn hash. */
public final class Ctl {
    /** How often a history of this partition was begun; compared by everybody. */
    public static final String LINEAGE = "lineage";

    /** Number of the open epoch: the pointer. */
    public static final String EPOCH = "epoch";

    /** Tokens issued before this second are refused. */
    public static final String SINCE = "since";

    /** The highest second this partition has seen on Redis' clock. */
    public static final String CLOCK = "clock";

    /** The process that was compared with the ledger ({@link Link#process}). */
    public static final String PROCESS = "process";

    /** For how long identities are remembered: {@code <short> <long>}, seconds. */
    public static final String SPANS = "spans";

    /** Fingerprint of the identity key. */
    public static final String KEY = "key";

    /** Micros counted since the beginning. */
    public static final String MICROS = "micros";

    /** Events counted since the beginning. */
    public static final String EVENTS = "events";

    /** The lineage under which it was last opened; later ones of the same opening have a higher number. */
    public static final String OPENED = "opened";

    /** The first epoch of that opening. */
    public static final String FIRST = "first";

    /** Of an earn hash: Redis' TIME in milliseconds at which the epoch was sealed; absent while it is open. */
    public static final String SEALED = "#sealed";

    /** Of an earn hash: Σ micros of all other fields. */
    public static final String EPOCH_MICROS = "#micros";

    /** Of an earn hash: number of events counted. */
    public static final String EPOCH_EVENTS = "#events";

    /** Of an earn hash: the first day (UTC, since 1970) that anything was counted on. */
    public static final String EPOCH_DAY = "#day";

    /** Of a quarantined earn hash: the lineage it was counted in. */
    public static final String ORIGIN = "#origin";

    /** Of a quarantined earn hash: the last epoch of that time that was settled. */
    public static final String SETTLED = "#settled";

    /** Of a quarantined earn hash: Redis' second at which it was quarantined. */
    public static final String ASIDE = "#aside";

    private Ctl() {}
}
