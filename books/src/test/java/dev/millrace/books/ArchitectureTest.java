package dev.millrace.books;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;

@AnalyzeClasses(packages = "dev.millrace.books", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule knowsNoServiceAndNoRedis = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.millrace.counters..",
                    "dev.millrace.service..",
                    "dev.millrace.ingest..",
                    "dev.millrace.settlement..",
                    "dev.millrace.ledger..",
                    "io.lettuce..");

    @ArchTest
    static final ArchRule moneyHasNoBinaryFraction =
            noFields().should().haveRawType(double.class).orShould().haveRawType(float.class);

    @ArchTest
    static final ArchRule noMethodReturnsABinaryFraction =
            noMethods().should().haveRawReturnType(double.class).orShould().haveRawReturnType(float.class);

    @ArchTest
    static final ArchRule timeIsTheDatabases = noClasses()
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");
}
