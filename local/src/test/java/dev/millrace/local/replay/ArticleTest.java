package dev.millrace.local.replay;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArticleTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/na/post",
                "/na/post?utm_source=x",
                "/na/post?a=1?b=/2#c",
                "/na/post#c",
                "/na/./post",
                "/na/%2e/post",
                "/na/x/../post",
                "/../na/post",
                "/na/%70ost",
                "/na/post;jsessionid=0A1B2C.node1",
                "/na;lang=de/post",
                "http://news.example/na/post",
                "HTTPS://news.example:8443/na/post?x",
            })
    void oneAddressIsOneArticle(String target) {
        assertThat(Article.of(target)).isEqualTo("/na/post");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/na/post/",
                "/na/Post",
                "/na//post",
                "/na/post/index.html",
                "/na/post&utm_source=x",
                "/na/post%3Futm_source=x",
                "/na%2Fpost",
                "/na/post%3Bx",
                "/na/post%23c",
            })
    void whatOnlyTheServerCanMergeIsNotMerged(String target) {
        assertThat(Article.of(target)).isEqualTo(target);
    }

    @ParameterizedTest
    @CsvSource({
        "/a%2fb, /a%2Fb",
        "/%7euser, /~user",
        "/caf%c3%a9, /café",
        "/caf\\xc3\\xa9, /café",
        "/caf%e9, /caf%E9",
        "/caf\\xE9, /caf%E9",
        "/%F0%9F%98%80, /😀",
        "/%c2%85, /%C2%85",
        "/a b, /a%20b",
        "/a%20b, /a%20b",
        "/a\\tb, /a%09b",
        "/a%00b, /a%00b",
        "/say\\\"hi\\\", /say%22hi%22",
        "/|x|, /%7Cx%7C",
        "/a+b=(c)!, /a+b=(c)!",
        "/a%2Bb, /a%2Bb",
        "/100%, /100%",
        "/%u00e9, /%u00e9",
        "/%zz%4, /%zz%4",
        "/., /",
        "/a/.., /",
        "/a/b/.., /a/",
        "/.well-known/x, /.well-known/x",
        "/a/...., /a/....",
        "http://news.example, /",
        "http://news.example?x, /",
    })
    void percentEncodingIsNormalised(String target, String article) {
        assertThat(Article.of(target)).isEqualTo(article);
    }

    @Test
    void rawBytesAreTheSameAsEncodedOnes() {
        String raw = new String("/café/吾輩".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(Article.of(raw)).isEqualTo("/café/吾輩");
        assertThat(Article.of("/caf\u00e9")).as("Latin-1").isEqualTo("/caf%E9");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*", "news.example:443", "post", "?x", "ftp://news.example/a", "\\x16\\x03"})
    void aTargetWithoutAPathIsNoArticle(String target) {
        assertThat(Article.of(target)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/, true",
        "/blog/, true",
        "/blog/post, true",
        "/v1.2/post, true",
        "/version-2.0, true",
        "/St._Louis, true",
        "/@user.name, true",
        "/post., true",
        "/a.b/, true",
        "/index.html, true",
        "/index.HTML, true",
        "/index.xhtml, true",
        "/post.shtml, true",
        "/post.aspx, true",
        "/post.jsp, true",
        "/x.php5, true",
        "/index.php/2026/slug, true",
        "/style.css, false",
        "/why-node.js, false",
        "/Logo.PNG, false",
        "/index.html.gz, false",
        "/favicon.ico, false",
        "/feed.xml, false",
        "/paper.pdf, false",
    })
    void aDotMakesAFileOfKnownExtensionsOnly(String article, boolean page) {
        assertThat(Article.isPage(article)).isEqualTo(page);
    }
}
