package dev.millrace.books;

import java.util.List;
import java.util.function.BiConsumer;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The creators and articles that publishers have paid for, as the ledger knows them. */
public final class KnownNames {
    private final JdbcClient jdbc;

    public KnownNames(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** The publishers with a limit of new ones. */
    public List<String> limited() {
        return jdbc.sql(
                        "SELECT publisher FROM publisher WHERE new_creators_per_day IS NOT NULL OR new_articles_per_day IS NOT NULL")
                .query(String.class)
                .list();
    }

    /** Hands on each article of a publisher, the creator first. */
    public void of(String publisher, BiConsumer<String, String> name) {
        jdbc.sql("SELECT creator, article FROM article_score WHERE publisher = :publisher")
                .param("publisher", publisher)
                .query(row -> {
                    name.accept(row.getString("creator"), row.getString("article"));
                });
    }
}
