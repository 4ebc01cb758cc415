# One file for the three services:
#
#   docker build --build-arg MODULE=ingest-api --tag millrace/ingest-api:0.1.0 .
#
# The build stage is the same for all three (MODULE is named after it), so it runs once and is cached.

FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /build

# The poms alone, so that the libraries are a layer of their own until a pom changes.
COPY pom.xml ./
COPY common/pom.xml common/
COPY books/pom.xml books/
COPY service/pom.xml service/
COPY client/pom.xml client/
COPY local/pom.xml local/
COPY counters/pom.xml counters/
COPY ingest-api/pom.xml ingest-api/
COPY settlement-worker/pom.xml settlement-worker/
COPY ledger-service/pom.xml ledger-service/
COPY lab/pom.xml lab/
RUN mvn -B -q dependency:go-offline -DexcludeGroupIds=dev.millrace

# Formatter and tests are CI's work; the compiler's own checks run here too. Of the tests only local's are needed: the
# services' tests are declared to use them, and Maven resolves that whether they run or not.
COPY common/src/main common/src/main
COPY books/src/main books/src/main
COPY service/src/main service/src/main
COPY client/src/main client/src/main
COPY local/src local/src
COPY deploy/postgres/roles.sql deploy/postgres/
COPY deploy/redis/users.acl deploy/redis/
COPY counters/src/main counters/src/main
COPY ingest-api/src/main ingest-api/src/main
COPY settlement-worker/src/main settlement-worker/src/main
COPY ledger-service/src/main ledger-service/src/main
RUN mvn -B -q package -pl ingest-api,settlement-worker,ledger-service -am \
    -DskipTests -Dspotless.check.skip=true -Dservice.skip=true

FROM eclipse-temurin:25-jre-noble AS layers
ARG MODULE
WORKDIR /layers
COPY --from=build /build/${MODULE}/target/${MODULE}-exec.jar millrace.jar
RUN java -Djarmode=tools -jar millrace.jar extract --layers --destination extracted

FROM eclipse-temurin:25-jre-noble
WORKDIR /millrace
COPY --chmod=0555 deploy/ask.bash /usr/local/bin/ask
# What changes least comes first: libraries, then our own classes.
COPY --from=layers /layers/extracted/dependencies/ ./
COPY --from=layers /layers/extracted/spring-boot-loader/ ./
COPY --from=layers /layers/extracted/snapshot-dependencies/ ./
COPY --from=layers /layers/extracted/application/ ./
# A start that ends before it would need a store, so that the JVM finds its classes ready the next time (an AOT cache).
RUN java -XX:AOTCacheOutput=millrace.aot --enable-native-access=ALL-UNNAMED -Dspring.context.exit=onRefresh \
    -Dspring.profiles.active=local -Dserver.port=0 -Dmanagement.server.port=0 \
    -jar millrace.jar
# A number, so that Kubernetes can see without a look at /etc/passwd that it isn't root. It owns nothing in the image.
USER 10001:10001
# java is process 1 and gets SIGTERM itself: the service stops taking work, answers what it has accepted, then leaves.
STOPSIGNAL SIGTERM
ENTRYPOINT ["java", "-XX:AOTCache=millrace.aot", "--enable-native-access=ALL-UNNAMED", "-jar", "millrace.jar"]
