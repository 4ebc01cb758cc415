/** How Millrace behaves when creators, identities and publishers are many. */
@NullMarked
package dev.millrace.lab.scale;

import org.jspecify.annotations.NullMarked;
