package dev.millrace.settlement.read;

/** A partition's counters don't add up: it is left out with an alarm, the others go on. */
public final class BrokenPartition extends Exception {
    private static final long serialVersionUID = 1L;

    public BrokenPartition(String why) {
        super(why);
    }

    /** What does not add up, with the values. */
    public String why() {
        return String.valueOf(getMessage());
    }
}
