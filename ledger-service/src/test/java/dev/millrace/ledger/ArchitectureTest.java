package dev.millrace.ledger;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import dev.millrace.local.testing.HouseRules;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Date;

@AnalyzeClasses(packages = "dev.millrace.ledger", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule timeComesFromTheClock = noClasses()
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(LocalDate.class, "now")
            .orShould()
            .callConstructor(Date.class)
            .orShould()
            .callMethod(System.class, "currentTimeMillis");

    @ArchTest
    static final ArchRule noFieldIsABinaryFraction = fields().should()
            .notHaveRawType(double.class)
            .andShould()
            .notHaveRawType(float.class)
            .andShould()
            .notHaveRawType(Double.class)
            .andShould()
            .notHaveRawType(Float.class);

    @ArchTest
    static final ArchRule noMethodReturnsABinaryFraction = methods()
            .should()
            .notHaveRawReturnType(double.class)
            .andShould()
            .notHaveRawReturnType(float.class)
            .andShould()
            .notHaveRawReturnType(Double.class)
            .andShould()
            .notHaveRawReturnType(Float.class);

    @ArchTest
    static final ArchRule noStationsGoInCircles =
            slices().matching("dev.millrace.ledger.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule dependenciesFollowThePath = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage("dev.millrace.ledger..")
            .layer("service")
            .definedBy("dev.millrace.ledger")
            .layer("access")
            .definedBy("..ledger.access..")
            .layer("statement")
            .definedBy("..ledger.statement..")
            .layer("engagement")
            .definedBy("..ledger.engagement..")
            .layer("spend")
            .definedBy("..ledger.spend..")
            .layer("balance")
            .definedBy("..ledger.balance..")
            .layer("catalog")
            .definedBy("..ledger.catalog..")
            .whereLayer("service")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("access")
            .mayOnlyBeAccessedByLayers("service", "balance")
            .whereLayer("statement")
            .mayOnlyBeAccessedByLayers("service")
            .whereLayer("engagement")
            .mayOnlyBeAccessedByLayers("service")
            .whereLayer("spend")
            .mayOnlyBeAccessedByLayers("service")
            .whereLayer("catalog")
            .mayOnlyBeAccessedByLayers("service")
            .whereLayer("balance")
            .mayOnlyBeAccessedByLayers("service", "statement", "engagement", "spend");

    @ArchTest
    static final ArchRule onlyTheCountersModuleTalksToRedis = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.lettuce..", "org.springframework.data.redis..");

    @ArchTest
    static final ArchTests namesAreTheHouses = ArchTests.in(HouseRules.class);
}
