package dev.millrace.ledger.act;

/** A person's words about an act. They are kept for ever, so they must hold nothing personal. */
public final class Remark {
    /** Most characters. */
    public static final int LONGEST = 500;

    private Remark() {}

    /** Whether a text that is not blank can be kept: it is short enough and has no control character. */
    public static boolean fits(String text) {
        return text.length() <= LONGEST && text.chars().noneMatch(Character::isISOControl);
    }
}
