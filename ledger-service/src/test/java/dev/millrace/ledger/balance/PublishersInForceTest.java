package dev.millrace.ledger.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PublishersInForceTest {
    private static final String TEXT =
            "{\"revision\":3,\"publishers\":{\"a\":{\"live\":[1],\"revoked\":[]},\"b\":{\"live\":[],\"revoked\":[1]}},\"cards\":[{\"version\":1,\"effectiveAt\":0,\"rates\":{}}]}";

    private final PublishersInForce publishers = new PublishersInForce();

    @Test
    void oneWhoseKeysAreAllRevokedIsAmongThem() throws Unreadable {
        assertThat(publishers.of(TEXT)).containsExactlyInAnyOrder("a", "b");
        assertThat(publishers.of(null)).isEmpty();
    }

    @Test
    void aTextIsParsedOnceUntilItChanges() throws Unreadable {
        assertThat(publishers.of(TEXT)).isSameAs(publishers.of(new String(TEXT.toCharArray())));
        assertThat(
                        publishers.of(
                                "{\"revision\":4,\"publishers\":{},\"cards\":[{\"version\":1,\"effectiveAt\":0,\"rates\":{}}]}"))
                .isEmpty();
        assertThat(publishers.of(TEXT)).hasSize(2);
    }

    @Test
    void whatIsNoCatalogueIsNotTakenForAnEmptyOne() {
        for (String text : new String[] {"", "no", "{}", "null", "7", "[]"}) {
            assertThatThrownBy(() -> publishers.of(text)).as(text).isInstanceOf(Unreadable.class);
        }
    }
}
