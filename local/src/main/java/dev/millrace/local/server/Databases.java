package dev.millrace.local.server;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;

/**
 * The logins and databases of a Postgres, made over JDBC as its superuser.
 *
 * @param host name or address
 * @param port TCP port
 * @param superuser a login that may create roles and databases
 * @param password of the superuser; {@link #prepareLogins} gives the same one to the logins of the services
 */
public record Databases(String host, int port, String superuser, String password) {
    /** Owns every database made here and runs the migrations. */
    public static final String OWNER = "millrace_owner";

    /** The login of settlement-worker. */
    public static final String SETTLER = "settler";

    /** The login of ledger-service. */
    public static final String LEDGER = "ledger";

    /** The login that may read everything of the ledger and change nothing. */
    public static final String READER = "reader";

    private static final String ROLES = "db/roles.sql";

    private static final String CREATE_OWNER = """
            DO $$
            BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'millrace_owner') THEN
                    CREATE ROLE millrace_owner LOGIN;
                END IF;
            END
            $$
            """;

    /** {@code jdbc:postgresql://<host>:<port>/<database>}. */
    public String url(String database) {
        return "jdbc:postgresql://" + host + ":" + port + "/" + database;
    }

    /** A connection of this login; the caller closes it. */
    public Connection connect(String login, String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", login);
        properties.setProperty("password", password);
        properties.setProperty("connectTimeout", "5");
        return DriverManager.getConnection(url(database), properties);
    }

    /** Creates the logins of owner, settler, ledger and reader where missing, and sets their passwords. */
    public void prepareLogins() {
        try (Connection connection = connect(superuser, "postgres");
                Statement statement = connection.createStatement()) {
            statement.execute(roles());
            statement.execute(CREATE_OWNER);
            for (String login : List.of(OWNER, SETTLER, LEDGER, READER)) {
                statement.execute("ALTER ROLE " + login + " PASSWORD " + statement.enquoteLiteral(password));
            }
        } catch (SQLException e) {
            throw new IllegalStateException("can't prepare the logins of " + url("postgres"), e);
        }
    }

    /** Creates an empty database that belongs to {@link #OWNER}, where it does not exist; returns its JDBC URL. */
    public String create(String database) {
        try (Connection connection = connect(superuser, "postgres");
                Statement statement = connection.createStatement()) {
            String literal = statement.enquoteLiteral(database);
            boolean exists;
            try (ResultSet found = statement.executeQuery("SELECT FROM pg_database WHERE datname = " + literal)) {
                exists = found.next();
            }
            if (!exists) {
                statement.execute("CREATE DATABASE " + statement.enquoteIdentifier(database, true) + " OWNER " + OWNER);
            }
            return url(database);
        } catch (SQLException e) {
            throw new IllegalStateException("can't create the database " + database + " at " + url("postgres"), e);
        }
    }

    private static String roles() {
        try (InputStream in = Databases.class.getClassLoader().getResourceAsStream(ROLES)) {
            if (in == null) {
                throw new IllegalStateException("the class path lacks " + ROLES);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return "Databases[" + url("") + "]";
    }
}
