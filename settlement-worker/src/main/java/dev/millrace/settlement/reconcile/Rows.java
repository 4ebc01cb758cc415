package dev.millrace.settlement.reconcile;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Rows of one query, of which the next can be looked at before it is taken: what merging sorted streams needs. */
final class Rows<T> implements AutoCloseable {
    private final Stream<T> stream;
    private final Iterator<T> iterator;
    private @Nullable T next;

    Rows(Stream<T> stream) {
        this.stream = stream;
        this.iterator = stream.iterator();
        advance();
    }

    /** Whether there is a next row and it is like this. */
    boolean nextIs(Predicate<T> like) {
        return next != null && like.test(next);
    }

    boolean hasNext() {
        return next != null;
    }

    T take() {
        T taken = next;
        if (taken == null) {
            throw new NoSuchElementException("the rows are at their end");
        }
        advance();
        return taken;
    }

    /** Takes all that are left. */
    void forEach(Consumer<T> taker) {
        while (hasNext()) {
            taker.accept(take());
        }
    }

    private void advance() {
        next = iterator.hasNext() ? iterator.next() : null;
    }

    @Override
    public void close() {
        stream.close();
    }
}
