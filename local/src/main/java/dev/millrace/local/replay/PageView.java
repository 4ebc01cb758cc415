package dev.millrace.local.replay;

/**
 * A page view to be sent.
 *
 * @param creator who is paid for it
 * @param article the path
 * @param jti the key that makes it count once
 */
record PageView(String creator, String article, String jti) {}
