package dev.millrace.service;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What differs between the services' servers.
 *
 * @param anyOrigin whether a script of any page may read the server's own errors
 */
@ConfigurationProperties("millrace.server")
record ServerSettings(@DefaultValue("false") boolean anyOrigin) {}
