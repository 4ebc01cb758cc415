package dev.millrace.books;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The table publisher_creator: the creators that a publisher has listed. */
public final class CreatorLists {
    private final JdbcClient jdbc;

    public CreatorLists(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    public record Listed(String creator, Instant listedAt) {}

    /**
     * The list by creator id.
     *
     * @param after only creators behind this one
     */
    public List<Listed> page(String publisher, String after, int most) {
        return jdbc.sql("""
                        SELECT creator, listed_at FROM publisher_creator
                        WHERE publisher = :publisher AND creator > :after
                        ORDER BY creator
                        LIMIT :most
                        """)
                .param("publisher", publisher)
                .param("after", after)
                .param("most", most)
                .query((row, _) -> new Listed(
                        row.getString("creator"),
                        row.getObject("listed_at", OffsetDateTime.class).toInstant()))
                .list();
    }

    /** How many creators a publisher has listed. */
    public int size(String publisher) {
        return jdbc.sql("SELECT count(*)::int FROM publisher_creator WHERE publisher = :publisher")
                .param("publisher", publisher)
                .query(Integer.class)
                .single();
    }

    /** Lists a creator. Returns whether it was not listed before. */
    public boolean add(String publisher, String creator) {
        return jdbc.sql("""
                                INSERT INTO publisher_creator (publisher, creator)
                                SELECT :publisher, :creator
                                WHERE NOT EXISTS (SELECT FROM publisher_creator WHERE publisher = :publisher AND creator = :creator)
                                """)
                        .param("publisher", publisher)
                        .param("creator", creator)
                        .update()
                > 0;
    }

    /** Takes a creator off the list. Returns whether it was listed. */
    public boolean remove(String publisher, String creator) {
        return jdbc.sql("DELETE FROM publisher_creator WHERE publisher = :publisher AND creator = :creator")
                        .param("publisher", publisher)
                        .param("creator", creator)
                        .update()
                > 0;
    }
}
