package dev.millrace.common.token;

/** Publishers named {@code test-…} try the system out. The creators that they pay have names of their own, so that nothing of theirs reaches a real one. */
public final class Sandbox {
    /** What the id of a sandbox's creator begins with. */
    public static final String CREATOR = "test:";

    private static final String PUBLISHER = "test-";

    private Sandbox() {}

    /** Whether this publisher is a sandbox. */
    public static boolean isPublisher(String publisher) {
        return publisher.startsWith(PUBLISHER);
    }

    /** The sandbox of a publisher, or the publisher of a sandbox. */
    public static String counterpart(String publisher) {
        return isPublisher(publisher) ? publisher.substring(PUBLISHER.length()) : PUBLISHER + publisher;
    }

    /** Whether a sandbox pays this creator. */
    public static boolean isCreator(String creator) {
        return creator.startsWith(CREATOR);
    }

    /**
     * The creator that a sandbox's token means.
     *
     * @param subject the token's {@code sub}, with or without the prefix
     */
    public static String creator(String subject) {
        return isCreator(subject) ? subject : CREATOR + subject;
    }
}
