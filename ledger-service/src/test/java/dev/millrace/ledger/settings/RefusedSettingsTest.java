package dev.millrace.ledger.settings;

import dev.millrace.ledger.LedgerService;
import dev.millrace.local.testing.RefusedStart;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A start with a bad setting names the variable, the mistake and the remedy. Nothing that it prints holds the secret. */
@ExtendWith(OutputCaptureExtension.class)
class RefusedSettingsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MILLRACE_REDIS_URL | redis://app:S3cr3t pass@host | its user or password holds a character that is not percent-encoded",
                "MILLRACE_REDIS_URL | redis://app:S3cr3t/pass@host:6379 | its user or password holds a character that is not percent-encoded",
                "MILLRACE_REDIS_URL | app:S3cr3t@host:6379 | MILLRACE_REDIS_URL (host:6379, user and password left out) is no URL of Redis: it begins with none",
                "MILLRACE_REDIS_URL | redis://app:S3cr3t@host:port | its host, its port or what follows is malformed",
                "MILLRACE_POSTGRES_URL | jdbc:postgresql://db/millrace?user=app&password=S3cr3t | MILLRACE_POSTGRES_URL holds a user or a password",
                "MILLRACE_POSTGRES_URL | jdbc:postgresql://app:S3cr3t@db/millrace | MILLRACE_POSTGRES_URL holds a user or a password",
                "MILLRACE_POSTGRES_URL | postgres://app:S3cr3t@db/millrace | MILLRACE_POSTGRES_URL holds a user or a password",
                "MILLRACE_POSTGRES_URL | mysql:S3cr3t | MILLRACE_POSTGRES_URL is no URL of Postgres; it is jdbc:postgresql:",
                "MILLRACE_MASTER_KEY | S3cr3t | MILLRACE_MASTER_KEY has 6 characters; it takes at least 32",
                "MILLRACE_MASTER_KEY | S3cr3tS3cr3tS3cr3tS3cr3tS3cr3tS3cr3t | MILLRACE_MASTER_KEY has only 5 different characters",
                "MILLRACE_MASTER_KEYS | v2:S3cr3t | MILLRACE_MASTER_KEYS v2 has 6 characters",
                "MILLRACE_LEDGER_JWT_SECRET | S3cr3tS3cr3tS3cr3tS3cr3tS3cr3tS3cr3t | MILLRACE_LEDGER_JWT_SECRET has only 5 different characters",
                "MILLRACE_LEDGER_JWT_SECRET | S3cr3t | MILLRACE_LEDGER_JWT_SECRET has 6 characters",
                "MILLRACE_LEDGER_JWK_SET_URI | app:S3cr3t@id.example | MILLRACE_LEDGER_JWK_SET_URI is not an https address",
            })
    void aSecretIsNeverPrinted(String variable, String value, String message, CapturedOutput printed) {
        RefusedStart.assertNoSecretIsPrinted(LedgerService.class, variable, value, message, printed);
    }
}
