package dev.millrace.counters;

/** A field, a number or a record in Redis was not written by Millrace. The message has the values. */
public final class MalformedCountersException extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedCountersException(String what) {
        super(what);
    }
}
