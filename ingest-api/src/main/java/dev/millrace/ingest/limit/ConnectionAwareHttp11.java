package dev.millrace.ingest.limit;

import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketProcessorBase;
import org.apache.tomcat.util.net.SocketWrapperBase;

/** HTTP/1.1 as Tomcat speaks it, whose tasks tell from which connection they are. Tomcat makes it, by its name. */
public final class ConnectionAwareHttp11 extends Http11NioProtocol {
    public ConnectionAwareHttp11() {
        super(new Endpoint());
    }

    private static final class Endpoint extends NioEndpoint {
        @Override
        protected SocketProcessorBase<NioChannel> createSocketProcessor(
                SocketWrapperBase<NioChannel> socket, SocketEvent event) {
            return new Task(socket, event);
        }

        /** Used again for other connections. */
        private final class Task extends SocketProcessor implements FromConnection {
            Task(SocketWrapperBase<NioChannel> socket, SocketEvent event) {
                super(socket, event);
            }

            @Override
            public Object connection() {
                return socketWrapper;
            }
        }
    }
}
