package dev.millrace.ingest.verify;

import dev.millrace.common.token.Kid;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The headers of genuine tokens and the kids they name: all tokens that one server mints under one key have the same
 * header, so it is decoded once. Whether the kid still signs is not remembered. Thread-safe.
 *
 * <p>A kid has a few places of its own, so that a publisher whose headers vary neither fills the memory nor costs others
 * theirs; only live kids get here, so the catalogue bounds it.
 */
final class KnownHeaders {
    /** Servers of one publisher, each with its own library, that share a key. */
    private static final int MOST_OF_A_KID = 4;

    private static final int MOST_BYTES = 256;

    private final Map<Slice, Kid> kids = new ConcurrentHashMap<>();
    private final Map<Kid, List<Slice>> headers = new ConcurrentHashMap<>();

    /** The kid that this header names, or null when it is not known. */
    @Nullable
    Kid kid(Slice header) {
        return kids.get(header);
    }

    /** Only of a token whose signature holds, so that strangers have no place here. */
    void remember(Slice header, Kid kid) {
        if (header.length() > MOST_BYTES || hasAll(kid)) {
            return;
        }
        Slice copy = header.copy();
        headers.compute(kid, (_, known) -> {
            List<Slice> before = known == null ? List.of() : known;
            if (before.size() == MOST_OF_A_KID || before.contains(copy)) {
                return before;
            }
            List<Slice> now = new ArrayList<>(before);
            now.add(copy);
            kids.put(copy, kid);
            return List.copyOf(now);
        });
    }

    /** Then nothing more is copied or waited for, however many headers it comes with. */
    private boolean hasAll(Kid kid) {
        List<Slice> known = headers.get(kid);
        return known != null && known.size() == MOST_OF_A_KID;
    }
}
