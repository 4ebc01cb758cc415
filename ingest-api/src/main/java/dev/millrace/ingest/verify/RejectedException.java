package dev.millrace.ingest.verify;

import com.google.errorprone.annotations.FormatMethod;

/** An event will never count. Carries no stack trace: it is an answer, not a fault. */
final class RejectedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final RejectionCode code;

    /** @param format of the detail, for people */
    @FormatMethod
    RejectedException(RejectionCode code, String format, Object... values) {
        super(format.formatted(values), null, false, false);
        this.code = code;
    }

    /** Something is wrong with a token's form. */
    @FormatMethod
    static RejectedException malformed(String format, Object... values) {
        return new RejectedException(RejectionCode.TOKEN_MALFORMED, format, values);
    }

    Outcome outcome() {
        return Outcome.rejected(code, String.valueOf(getMessage()));
    }
}
