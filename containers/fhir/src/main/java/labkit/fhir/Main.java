package labkit.fhir;

import ca.uhn.fhir.rest.server.RestfulServer;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/**
 * A FHIR R4 server: HAPI's JPA server on H2, behind Jetty, without an application server.
 *
 * <p>Three things are joined here, and each can be read for itself: {@link Storage} says how
 * resources are kept, {@link Rest} what is answered over HTTP, {@link Terminology} which codes there
 * are. {@link Settings} are read from the environment.
 */
public final class Main {

    private Main() {}

    public static void main(String[] args) throws Exception {
        Settings settings = Settings.fromEnvironment(args);
        var spring = new AnnotationConfigApplicationContext();
        spring.registerBean(Settings.class, () -> settings);
        spring.register(Storage.class);
        spring.registerShutdownHook(); // closes the database, in order
        spring.refresh();
        Terminology.load(spring);
        RestfulServer fhir = Rest.server(spring, settings);
        Warm.up(spring);

        var root = new ServletContextHandler();
        root.setContextPath("/");
        ServletHolder holder = new ServletHolder(fhir);
        holder.setInitOrder(1); // at once, not with the first request
        root.addServlet(holder, "/fhir/*");
        Server http = new Server(settings.port());
        http.setHandler(root);
        http.setStopAtShutdown(true);
        // Only now does the port open: who can connect finds a server that is warm.
        http.start();
        System.out.println("FHIR R4 at port " + settings.port() + ", base path /fhir");
        http.join();
    }
}
