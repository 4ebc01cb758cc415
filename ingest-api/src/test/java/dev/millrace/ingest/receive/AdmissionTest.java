package dev.millrace.ingest.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private final Admission admission = new Admission(1);

    @Test
    void aCoreBeginsAFewLargeRequestsOrAThousandSmallOnes() {
        assertThat(admitted(512 * 1_024)).isEqualTo(3);
        assertThat(new AdmissionTest().admitted(400 * 1_024)).isEqualTo(5);
        assertThat(new AdmissionTest().admitted(400)).isEqualTo(1_024);
    }

    @Test
    void aPlaceIsGivenBack() {
        List<Admission.Place> places = new ArrayList<>();
        for (int i = 0; i < 1_024; i++) {
            places.add(admission.admit(1));
        }
        assertThatThrownBy(() -> admission.admit(0)).isInstanceOfSatisfying(Refusal.class, refusal -> {
            assertThat(refusal.getStatusCode().value()).isEqualTo(503);
            assertThat(refusal.code()).isEqualTo("overloaded");
            assertThat(refusal.getHeaders().getFirst("Retry-After")).isEqualTo("1");
        });
        places.getFirst().close();
        admission.admit(1_023).close();
    }

    private int admitted(int bytes) {
        int count = 0;
        try {
            while (count < 10_000) {
                admission.admit(bytes);
                count++;
            }
        } catch (Refusal full) {
            return count;
        }
        return count;
    }
}
