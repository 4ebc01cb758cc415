package dev.millrace.ingest.verdict;

import dev.millrace.ingest.verdict.RecentlyCounted.Cause;
import java.util.Arrays;

/** The duplicates of a key in the last hour, by their cause. Not thread-safe. */
final class DuplicateWindow {
    /** Duplicates of one cause from which on it is no accident. */
    static final int LEAST = 20;

    /** They are at least one in so many duplicates. */
    static final int SHARE = 10;

    /** Articles over which a {@code jti} must have been repeated. */
    static final int LEAST_ARTICLES = 3;

    private static final int HOUR = 3_600;

    /** The hour moves on in steps of five minutes. */
    private static final int STEP = 300;

    private static final int STEPS = HOUR / STEP;
    private static final int ARTICLES = 8;

    /** By step; {@code all} of any cause. */
    private final int[] all = new int[STEPS];

    private final int[] otherArticle = new int[STEPS];
    private final int[] otherAddress = new int[STEPS];

    /** Hashes of articles whose events' {@code jti} had counted for another, and the second of the last of each. */
    private final int[] articles = new int[ARTICLES];

    private final long[] seen = new long[ARTICLES];
    private long newest;

    /**
     * Duplicates of the last hour.
     *
     * @param all of any cause
     * @param articles that they are of, for {@link Cause#OTHER_ARTICLE}, up to a few
     */
    record Sums(long all, long otherArticle, long otherAddress, int articles) {
        static final Sums NONE = new Sums(0, 0, 0, 0);

        /** Whether so many have a {@code jti} of another article that the publisher should know. */
        boolean isRepeatedOverArticles() {
            return isMuch(otherArticle) && articles >= LEAST_ARTICLES;
        }

        /** Whether so many come from another address that the publisher should know. */
        boolean isCached() {
            return isMuch(otherAddress);
        }

        private boolean isMuch(long some) {
            return some >= LEAST && some * SHARE >= all;
        }
    }

    /** @param second of Redis' clock */
    void add(Cause cause, int article, long second) {
        moveOn(second);
        int step = (int) (newest % STEPS);
        all[step]++;
        switch (cause) {
            case OTHER_ARTICLE -> {
                otherArticle[step]++;
                note(article, second);
            }
            case OTHER_ADDRESS -> otherAddress[step]++;
            case USUAL -> {}
        }
    }

    /** In the place of the same, or else of the one that was seen last the longest ago. */
    private void note(int article, long second) {
        int place = 0;
        for (int i = 0; i < ARTICLES; i++) {
            if (seen[i] > 0 && articles[i] == article) {
                seen[i] = second;
                return;
            }
            if (seen[i] < seen[place]) {
                place = i;
            }
        }
        articles[place] = article;
        seen[place] = second;
    }

    /** @param second of Redis' clock */
    Sums sums(long second) {
        moveOn(second);
        int recent = (int) Arrays.stream(seen).filter(at -> at > second - HOUR).count();
        return new Sums(sum(all), sum(otherArticle), sum(otherAddress), recent);
    }

    private static long sum(int[] steps) {
        return Arrays.stream(steps).asLongStream().sum();
    }

    /** Empties the steps that have gone by. A clock that was set back adds to the newest step. */
    private void moveOn(long second) {
        long step = second / STEP;
        for (long next = Math.max(newest, step - STEPS) + 1; next <= step; next++) {
            int gone = (int) (next % STEPS);
            all[gone] = 0;
            otherArticle[gone] = 0;
            otherAddress[gone] = 0;
        }
        newest = Math.max(newest, step);
    }
}
