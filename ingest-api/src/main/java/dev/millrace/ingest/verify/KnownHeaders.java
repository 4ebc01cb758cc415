package dev.millrace.ingest.verify;

import dev.millrace.common.token.Kid;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The headers of genuine tokens and the kids they name: all tokens that one server mints under one key have the same
 * header, so it is decoded once. Whether the kid still signs is not remembered. Thread-safe.
 */
final class KnownHeaders {
    /** A publisher that varied its headers would fill it; then it begins anew. */
    private static final int MOST = 4_096;

    private final Map<Slice, Kid> kids = new ConcurrentHashMap<>();

    /** The kid that this header names, or null when it is not known. */
    @Nullable
    Kid kid(Slice header) {
        return kids.get(header);
    }

    /** Only of a token whose signature holds, so that strangers can't fill it. */
    void remember(Slice header, Kid kid) {
        if (kids.size() >= MOST) {
            kids.clear();
        }
        kids.put(header.copy(), kid);
    }
}
