package dev.millrace.common.catalog;

/** A published catalogue that can't be believed. Nothing in it may be used. */
public final class CatalogRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final Reason reason;

    CatalogRefusedException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** What is wrong with it. */
    public enum Reason {
        /** It is no signed catalogue. */
        MALFORMED,

        /** It was signed by a service with another master key. */
        OTHER_KEY,

        /** The signature is not that of what it says. */
        FORGED
    }

    public Reason reason() {
        return reason;
    }
}
