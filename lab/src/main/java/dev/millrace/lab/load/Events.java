package dev.millrace.lab.load;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The events of one round, the same for every contestant: page views that pay {@value #MICROS} micros each, of creators
 * and articles drawn by Zipf's law. No two events, also of other rounds, have the same id.
 */
public final class Events {
    /** What one view pays. */
    public static final long MICROS = 1_000;

    /** Articles that creators have in all, each as many; where creators are more than a thousand, {@value #FEWEST} each. */
    private static final int ARTICLES = 20_000;

    private static final int FEWEST = 20;

    private final String prefix;
    private final int[] creators;
    private final int[] articles;

    private Events(String prefix, int[] creators, int[] articles) {
        this.prefix = prefix;
        this.creators = creators;
        this.articles = articles;
    }

    /**
     * @param prefix of the ids, different for each round, at most 32 characters of {@code [a-z0-9-]}
     * @param seed the same gives the same events
     * @param count how many
     * @param creators how many earn
     */
    public static Events draw(String prefix, long seed, int count, int creators) {
        SplittableRandom random = new SplittableRandom(seed);
        Zipf byCreator = new Zipf(creators);
        Zipf byArticle = new Zipf(Math.max(FEWEST, ARTICLES / creators));
        int[] drawn = new int[count];
        int[] articles = new int[count];
        for (int i = 0; i < count; i++) {
            drawn[i] = byCreator.draw(random);
            articles[i] = byArticle.draw(random);
        }
        return new Events(prefix, drawn, articles);
    }

    /**
     * One event of each creator from this rank on.
     *
     * @param prefix of the ids, as above
     * @param first rank of the first creator
     * @param count how many creators
     * @param article rank of the article, from 0: each creator has such a one
     */
    public static Events oneEach(String prefix, int first, int count, int article) {
        int[] articles = new int[count];
        Arrays.fill(articles, article);
        return new Events(prefix, IntStream.range(first, first + count).toArray(), articles);
    }

    public int size() {
        return creators.length;
    }

    /** Micros that they pay in all. */
    public long micros() {
        return size() * MICROS;
    }

    /** What each creator earns by them; nobody who earns nothing. */
    public Map<String, Long> microsByCreator() {
        Map<String, Long> micros = new HashMap<>();
        for (int creator : creators) {
            micros.merge(creatorName(creator), MICROS, Long::sum);
        }
        return micros;
    }

    /** The creator of the i-th event. */
    public String creator(int i) {
        return creatorName(creators[i]);
    }

    /** The creator of this rank. */
    public static String creatorName(int rank) {
        return "c-" + rank;
    }

    /** The article of the i-th event. */
    public String article(int i) {
        return "/articles/of-" + creators[i] + "/number-" + articles[i];
    }

    /** By which the i-th event counts once. */
    public String id(int i) {
        return prefix + "-" + i;
    }
}
