package dev.millrace.service;

import java.util.List;
import org.apache.coyote.Adapter;
import org.apache.coyote.Processor;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.coyote.http11.Http11Processor;
import org.apache.tomcat.util.buf.ByteChunk;
import org.apache.tomcat.util.buf.MessageBytes;
import org.apache.tomcat.util.net.NioEndpoint.NioSocketWrapper;

/**
 * HTTP/1.1 as Tomcat speaks it, with two differences. It shows its connections. It takes a {@code Host} with an underscore, as
 * nginx sends the name of an upstream unless told otherwise. Tomcat makes it, by its name.
 */
public final class WatchedHttp11 extends Http11NioProtocol {

    @Override
    protected Processor createProcessor() {
        return new UnderscoreProcessor(this, getAdapter());
    }

    /** The open connections, in any state. */
    List<NioSocketWrapper> connections() {
        return getEndpoint().getConnections().stream()
                .map(NioSocketWrapper.class::cast)
                .toList();
    }

    private static final class UnderscoreProcessor extends Http11Processor {
        UnderscoreProcessor(AbstractHttp11Protocol<?> protocol, Adapter adapter) {
            super(protocol, adapter);
        }

        /** Nothing here depends on the name, so it is read with hyphens. */
        @Override
        protected void parseHost(MessageBytes host) {
            super.parseHost(hyphenated(host));
        }

        private static MessageBytes hyphenated(MessageBytes host) {
            if (host == null || host.getType() != MessageBytes.T_BYTES) {
                return host;
            }
            ByteChunk given = host.getByteChunk();
            if (given.indexOf('_', 0) < 0) {
                return host;
            }
            byte[] name = new byte[given.getLength()];
            for (int i = 0; i < name.length; i++) {
                byte letter = given.getBytes()[given.getStart() + i];
                name[i] = letter == '_' ? (byte) '-' : letter;
            }
            MessageBytes hyphenated = MessageBytes.newInstance();
            hyphenated.setBytes(name, 0, name.length);
            return hyphenated;
        }
    }
}
