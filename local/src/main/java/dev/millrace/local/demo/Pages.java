package dev.millrace.local.demo;

import dev.millrace.local.demo.Comments.Comment;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The site's pages as HTML.
 *
 * @param ingest where the page's script comes from and sends to
 * @param ledger for the commands that the panel shows
 */
record Pages(URI ingest, URI ledger, String publisher) {
    private static final String LAYOUT = Resources.text("page.html");
    private static final Pattern PLACE = Pattern.compile("\\{\\{([a-z]+)}}");

    /** The address of the search engine that the link on the front page stands for. */
    static final String SEARCH_ENGINE = "https://www.google.com/";

    private static final String REACTIONS = """
            <div class="reactions">
              <button data-millrace-reaction="like" aria-pressed="false">Like</button>
              <button data-millrace-reaction="love" aria-pressed="false">Love</button>
              <button data-millrace-reaction="clap" aria-pressed="false">Clap</button>
            </div>
            """;

    /** The page's policy: what docs/start/script.md names, and the site's own files. */
    String policy() {
        return "default-src 'none'; script-src 'self' %1$s; connect-src 'self' %1$s; img-src 'self' %1$s; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
                .formatted(ingest);
    }

    String front() {
        String list = DemoArticle.ALL.stream()
                .map(article -> "<li><a href=\"%s\">%s</a><br>%s <span class=\"by\">By %s.</span></li>"
                        .formatted(
                                article.path(),
                                Resources.escaped(article.title()),
                                Resources.escaped(article.summary()),
                                article.byline()))
                .collect(Collectors.joining("\n"));
        String search = """
                <h2>From a search engine</h2>
                <p>A browser tells the site where a reader comes from. The site signs that into the page's token, and Millrace pays a search visit beside the
                view where it was a search engine's results. A link on this page can't pretend that. So for <a href="%s?from=search" rel="nofollow">this link</a>
                the demo's server signs %s as if the browser had said it.</p>
                """.formatted(DemoArticle.ALL.getFirst().path(), SEARCH_ENGINE);
        return page(
                "The Tailrace",
                "",
                "This page has no creator and no token, so nothing counts here.",
                "<h1>Articles</h1>\n<ul class=\"list\">" + list + "</ul>\n" + search);
    }

    /** A page that counts nothing. */
    String plain(DemoArticle article) {
        return page(
                article.title(), "", "This page has no creator and no token, so nothing counts here.", text(article));
    }

    /** A page whose token is this view's. */
    String of(DemoArticle article, String token, List<Comment> comments) {
        return page(
                article.title(),
                script(token),
                "The page has an event token: the site's server signed it for this reader and this half hour.",
                text(article) + REACTIONS + comments(article, comments));
    }

    /** A page that caches keep. Where no script runs, the pixel counts its view. */
    String cached(DemoArticle article, String token) {
        String pixel = "<noscript><img src=\"%s/v1/pixel.gif?t=%s\" width=\"1\" height=\"1\" alt=\"\"></noscript>"
                .formatted(ingest, token);
        return page(
                article.title(),
                script(token),
                "The page is cached, and has a page token. The script exchanges it for an event token of this reader's.",
                text(article) + REACTIONS + pixel);
    }

    private String script(String token) {
        return "<script defer src=\"%s/m.js\" data-token=\"%s\" data-debug></script>".formatted(ingest, token);
    }

    private static String text(DemoArticle article) {
        String byline = article.isCounted() ? "<p class=\"by\">By " + article.byline() + "</p>" : "";
        return "<h1>%s</h1>\n%s\n%s\n".formatted(Resources.escaped(article.title()), byline, article.html());
    }

    private static String comments(DemoArticle article, List<Comment> comments) {
        String list = comments.stream()
                .map(comment ->
                        "<li><p>%s</p><span class=\"by\">%d words: <span class=\"verdict\">%s</span></span></li>"
                                .formatted(Resources.escaped(comment.text()), comment.words(), comment.verdict()))
                .collect(Collectors.joining("\n"));
        return """
                <section id="comments">
                <h2>Comments</h2>
                <ol class="comments">%s</ol>
                <form method="post" action="/comments">
                  <input type="hidden" name="article" value="%s">
                  <p><label for="text">Your comment. The site's server sends its event, and pays by the word.</label></p>
                  <textarea id="text" name="text" required maxlength="%d"></textarea>
                  <button>Send</button>
                </form>
                </section>
                """.formatted(list, article.path(), DemoSite.MOST_COMMENT);
    }

    private String commands() {
        String creator = DemoArticle.ALL.getFirst().creator();
        return """
                curl -s %1$s/v1/creators/%2$s/balance \\
                  -H "Authorization: Bearer $(./millrace token %2$s)"

                curl -s '%1$s/v1/publishers/%3$s/spend?by=article' \\
                  -H "Authorization: Bearer $(./millrace token --publisher %3$s)"

                curl -s -u "$(./millrace key %3$s | awk '{print $2}' | paste -sd: -)" \\
                  %4$s/v1/verdicts""".formatted(ledger, creator, publisher, ingest);
    }

    private String page(String title, String script, String counts, String main) {
        Map<String, String> values = Map.of(
                "title", Resources.escaped(title),
                "script", script,
                "counts", counts,
                "main", main,
                "publisher", publisher,
                "commands", Resources.escaped(commands()));
        return PLACE.matcher(LAYOUT)
                .replaceAll(place -> Matcher.quoteReplacement(values.getOrDefault(place.group(1), "")));
    }
}
