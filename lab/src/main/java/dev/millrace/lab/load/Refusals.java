package dev.millrace.lab.load;

/** What becomes of a request that the server refuses (429, 503) or that a broken connection leaves without an answer. */
public enum Refusals {
    /** It is sent again after the time that Retry-After names; its own time goes on until it is acknowledged. */
    SEND_AGAIN,
    /** It is counted and left. */
    COUNT
}
