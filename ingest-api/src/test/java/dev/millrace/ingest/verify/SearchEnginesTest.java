package dev.millrace.ingest.verify;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SearchEnginesTest {
    private final SearchEngines engines = SearchEngines.builtIn();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://www.google.com/",
                "https://google.com",
                "https://www.google.co.uk/search?q=a%20b#c",
                "https://www.google.com.br/",
                "https://www.google.cat/",
                "HTTPS://WWW.GOOGLE.DE:443/?a@b",
                "http://m.baidu.com/s?word=x",
                "https://cn.bing.com/search?q=x",
                "https://html.duckduckgo.com/html/",
                "https://r.search.yahoo.com/",
                "https://yandex.com.tr/search/",
                "https://www.ecosia.org/search?q=x",
                "https://www.qwant.com/?q=x",
                "https://www.startpage.com/",
                "https://search.brave.com/",
                "https://m.search.naver.com/search.naver?query=x",
                "https://search.seznam.cz/?q=x"
            })
    void aPageOfASearchEngine(String address) {
        assertThat(engines.have(address)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "google.com",
                "https://",
                "https://news.google.com/",
                "https://mail.google.com/",
                "https://www.google.evil.com/",
                "https://google.com.evil.example/",
                "https://google.evil/",
                "https://notgoogle.com/",
                "https://news.example/?https://www.google.com/",
                "https://news.example/#www.google.com",
                "https://www.google.com@news.example/",
                "https://www.google.com\\.news.example/",
                "https://evilsearch.yahoo.com.example/",
                "https://yahoo.com/",
                "https://xbing.com/",
                "ftp://www.google.com/",
                "javascript:https://www.google.com/"
            })
    void anythingElse(String address) {
        assertThat(engines.have(address)).isFalse();
    }
}
