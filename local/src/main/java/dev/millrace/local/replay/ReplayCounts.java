package dev.millrace.local.replay;

/**
 * What a replay found in the file and what became of it.
 *
 * @param lines lines of the file
 * @param unreadable lines that are not of the combined format
 * @param pageViews page views by people, which is what is sent
 * @param robotsSkipped page views by robots, which are not
 * @param tooLong page views of articles that no token can hold, which are not sent either
 * @param accepted events that counted now
 * @param duplicate events that had counted before, from this file or an earlier run
 * @param rejected events that the server refused for good
 */
public record ReplayCounts(
        long lines,
        long unreadable,
        long pageViews,
        long robotsSkipped,
        long tooLong,
        long accepted,
        long duplicate,
        long rejected) {}
