/** Serves the services' pages: files of this build, without a framework. */
@NullMarked
package dev.millrace.service.page;

import org.jspecify.annotations.NullMarked;
