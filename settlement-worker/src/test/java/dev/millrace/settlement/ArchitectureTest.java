package dev.millrace.settlement;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import dev.millrace.local.testing.HouseRules;
import java.time.Instant;

@AnalyzeClasses(packages = "dev.millrace.settlement", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule stationsKnowOnlyThoseBeforeThem = noClasses()
            .that()
            .resideInAnyPackage("..cursor..", "..seal..", "..read..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..settle..", "..watch..");

    @ArchTest
    static final ArchRule settlingDoesNotKnowTheWatch = noClasses()
            .that()
            .resideInAPackage("..settle..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("..watch..");

    @ArchTest
    static final ArchRule theServiceDoesNotKnowTheComparison = noClasses()
            .that()
            .resideInAnyPackage("..cursor..", "..seal..", "..read..", "..settle..", "..watch..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("..reconcile..");

    @ArchTest
    static final ArchRule knowsNoOtherService = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.millrace.ingest..", "dev.millrace.ledger..", "dev.millrace.local..");

    @ArchTest
    static final ArchRule moneyHasNoBinaryFraction = noFields()
            .that()
            .areDeclaredInClassesThat()
            .resideOutsideOfPackage("..watch..")
            .should()
            .haveRawType(double.class)
            .orShould()
            .haveRawType(float.class);

    @ArchTest
    static final ArchRule noMethodReturnsABinaryFraction = noMethods()
            .that()
            .areDeclaredInClassesThat()
            .resideOutsideOfPackage("..watch..")
            .should()
            .haveRawReturnType(double.class)
            .orShould()
            .haveRawReturnType(float.class);

    @ArchTest
    static final ArchRule timeIsTheStores = noClasses()
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");

    @ArchTest
    static final ArchTests namesAreTheHouses = ArchTests.in(HouseRules.class);
}
