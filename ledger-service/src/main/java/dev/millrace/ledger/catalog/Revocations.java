package dev.millrace.ledger.catalog;

import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.catalog.Catalog.Publisher;
import dev.millrace.common.token.Kid;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Revocations of all catalogues together: they only grow. */
final class Revocations {
    private Revocations() {}

    /** The catalogue, with all numbers revoked in it that are revoked in the other one; a publisher of the other one alone has no live key. */
    static Catalog united(Catalog catalog, Catalog other) {
        Map<String, Publisher> publishers = new HashMap<>(catalog.publishers());
        other.publishers().forEach((id, publisher) -> revoke(publishers, id, publisher.revoked()));
        return new Catalog(catalog.revision(), publishers, catalog.cards());
    }

    /** The catalogue, with this key revoked in it. */
    static Catalog with(Catalog catalog, Kid kid) {
        Map<String, Publisher> publishers = new HashMap<>(catalog.publishers());
        revoke(publishers, kid.publisher(), List.of(kid.number()));
        return new Catalog(catalog.revision(), publishers, catalog.cards());
    }

    private static void revoke(Map<String, Publisher> publishers, String id, List<Integer> numbers) {
        if (numbers.isEmpty()) {
            return;
        }
        Publisher publisher = publishers.getOrDefault(id, new Publisher(List.of(), List.of()));
        TreeSet<Integer> revoked = new TreeSet<>(publisher.revoked());
        revoked.addAll(numbers);
        List<Integer> live = new ArrayList<>(publisher.live());
        live.removeAll(revoked);
        publishers.put(id, new Publisher(live, List.copyOf(revoked), publisher.limits(), publisher.terms()));
    }
}
