package dev.millrace.lab.overload;

/**
 * Something that is promised, held against a run.
 *
 * @param text what is promised
 * @param holds whether it was so
 * @param measured what was seen
 */
record Promise(String text, boolean holds, String measured) {}
