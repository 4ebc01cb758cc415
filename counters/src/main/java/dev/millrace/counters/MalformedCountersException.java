package dev.millrace.counters;

/** What stands in Redis is none that Millrace has written: a field, a number or a record. Carries what is wrong, with the values. */
public final class MalformedCountersException extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedCountersException(String what) {
        super(what);
    }
}
