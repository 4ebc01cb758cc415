package dev.millrace.common.catalog;

/** A published catalogue that can't be believed: malformed, signed under another master key, or forged. Nothing in it may be used. */
public final class CatalogRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    CatalogRefusedException(String message) {
        super(message);
    }
}
