package dev.millrace.lab.torture;

/**
 * What a creator earns from one publisher: the finest money that the ledger keeps apart.
 *
 * @param creator 0 to {@link #CREATORS} - 1, the most popular first
 * @param publisher 0 to {@link #PUBLISHERS} - 1
 */
record Cell(int creator, int publisher) {
    static final int CREATORS = 1_000;
    static final int PUBLISHERS = 3;
    static final int COUNT = CREATORS * PUBLISHERS;

    private static final String CREATOR = "creator-";
    private static final String PUBLISHER = "publisher-";

    /** The cell of these names in the ledger. */
    static Cell named(String creator, String publisher) {
        return new Cell(number(creator, CREATOR), number(publisher, PUBLISHER));
    }

    static String creatorName(int creator) {
        return CREATOR + creator;
    }

    static String publisherName(int publisher) {
        return PUBLISHER + publisher;
    }

    /** A number of its own, below {@link #COUNT}. */
    int index() {
        return creator * PUBLISHERS + publisher;
    }

    static Cell at(int index) {
        return new Cell(index / PUBLISHERS, index % PUBLISHERS);
    }

    private static int number(String name, String prefix) {
        if (!name.startsWith(prefix)) {
            throw new IllegalArgumentException(name + " is not one of ours");
        }
        return Integer.parseInt(name.substring(prefix.length()));
    }

    @Override
    public String toString() {
        return creatorName(creator) + " from " + publisherName(publisher);
    }
}
