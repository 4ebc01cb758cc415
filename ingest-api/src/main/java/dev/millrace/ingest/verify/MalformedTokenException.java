package dev.millrace.ingest.verify;

/** Something is wrong with a token's form. Carries no stack trace: it is an answer, not a fault. */
final class MalformedTokenException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedTokenException(String detail) {
        super(detail, null, false, false);
    }

    /** What is wrong, for people. */
    String detail() {
        return String.valueOf(getMessage());
    }
}
