package dev.millrace.client;

/** What became of an event, as the edge says. */
public sealed interface Outcome {
    /** It counts, and is paid once. */
    record Accepted() implements Outcome {}

    /** It had counted before: it was sent twice, or its token's {@code jti} was. It is not paid again. */
    record Duplicate() implements Outcome {}

    /**
     * It is not a reader's and pays nothing.
     *
     * @param reason {@code robot}, {@code preview}, {@code prefetch}, {@code automation}, {@code datacenter}, {@code rate} or
     *     {@code self}; later releases may have more
     */
    record Filtered(String reason) implements Outcome {}

    /**
     * It doesn't count.
     *
     * @param code for programs, such as {@code token-expired}; the API's page has all of them
     * @param detail for people; empty where the edge says no more
     * @param retry true where the same event may count later, such as one beyond the publisher's budget. The client has sent it
     *     again until its patience ended. False is final
     */
    record Rejected(String code, String detail, boolean retry) implements Outcome {}
}
