package dev.millrace.local.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;

/**
 * The logins and databases of a Postgres, made over JDBC as {@link PostgresServer#SUPERUSER}.
 *
 * @param host name or address
 * @param port TCP port
 * @param password of the superuser; {@link #prepareLogins} gives the same one to the logins of the services
 */
public record Databases(String host, int port, String password) {
    /** Owns every database made here and runs the migrations. */
    public static final String OWNER = "millrace_owner";

    /** The login of settlement-worker. */
    public static final String SETTLER = "settler";

    /** The login of ledger-service. */
    public static final String LEDGER = "ledger";

    /** The login that may read everything of the ledger and change nothing. */
    public static final String READER = "reader";

    /** {@code jdbc:postgresql://<host>:<port>/<database>}. */
    public String url(String database) {
        return "jdbc:postgresql://" + host + ":" + port + "/" + database;
    }

    /** A connection of this login; the caller closes it. */
    public Connection connect(String login, String database) throws SQLException {
        return DriverManager.getConnection(url(database) + "?connectTimeout=5", login, password);
    }

    /** Creates the logins of owner, settler, ledger and reader where missing, and sets their passwords. */
    public void prepareLogins() {
        try (Connection connection = connect(PostgresServer.SUPERUSER, "postgres");
                Statement statement = connection.createStatement();
                InputStream roles = Databases.class.getResourceAsStream("/db/roles.sql")) {
            statement.execute(new String(Objects.requireNonNull(roles).readAllBytes(), StandardCharsets.UTF_8));
            create(statement, "ROLE " + OWNER + " LOGIN", "pg_roles WHERE rolname = '" + OWNER + "'");
            for (String login : List.of(OWNER, SETTLER, LEDGER, READER)) {
                statement.execute("ALTER ROLE " + login + " PASSWORD " + statement.enquoteLiteral(password));
            }
        } catch (SQLException | IOException e) {
            throw new IllegalStateException("can't prepare the logins of " + url("postgres"), e);
        }
    }

    /** Creates an empty database that belongs to {@link #OWNER}, where it does not exist; returns its JDBC URL. */
    public String create(String database) {
        try (Connection connection = connect(PostgresServer.SUPERUSER, "postgres");
                Statement statement = connection.createStatement()) {
            String name = statement.enquoteIdentifier(database, true);
            String isThere = "pg_database WHERE datname = " + statement.enquoteLiteral(database);
            create(statement, "DATABASE " + name + " OWNER " + OWNER, isThere);
            return url(database);
        } catch (SQLException e) {
            throw new IllegalStateException("can't create the database " + database + " at " + url("postgres"), e);
        }
    }

    private static void create(Statement statement, String what, String isThere) throws SQLException {
        boolean found;
        try (ResultSet rows = statement.executeQuery("SELECT FROM " + isThere)) {
            found = rows.next();
        }
        if (!found) {
            statement.execute("CREATE " + what);
        }
    }

    /** Without the password. */
    @Override
    public String toString() {
        return "Databases[" + url("") + "]";
    }
}
