package dev.millrace.local.up;

import dev.millrace.local.process.Child;
import dev.millrace.local.settings.Part;
import java.util.function.BooleanSupplier;

/**
 * A part of the stack that runs.
 *
 * @param part which one
 * @param child its process
 * @param stop ends it in its own way; false when it had to be killed
 */
record Running(Part part, Child child, BooleanSupplier stop) {}
