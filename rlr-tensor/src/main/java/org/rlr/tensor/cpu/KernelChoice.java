package org.rlr.tensor.cpu;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.rlr.tensor.InvalidSettingException;
import org.rlr.tensor.ResourceException;

/**
 * Chooses the set of kernels: the one on the Vector API where that is worth it, as Apache Lucene decides it, else the
 * scalar one. The system property {@value #PROPERTY} forces {@code scalar} or {@code vector}; {@code auto} is the
 * default. It is for a researcher who compares kernels, and is read once, when this class is loaded: all backends of a
 * process choose alike.
 */
final class KernelChoice {
    static final String PROPERTY = "rlr.cpu.kernels";
    private static final String MODULE = "jdk.incubator.vector";
    private static final System.Logger LOG = System.getLogger(KernelChoice.class.getName());
    private static final AtomicBoolean SAID = new AtomicBoolean();

    private static final String WISH = System.getProperty(PROPERTY, "auto");

    private KernelChoice() {}

    /**
     * The kernels for this process.
     *
     * @throws InvalidSettingException if the property asks for kernels that do not exist
     * @throws ResourceException if it asks for kernels that cannot run here
     */
    static CpuKernels choose() {
        return choose(WISH);
    }

    static CpuKernels choose(String wish) {
        return switch (wish) {
            case "scalar" -> new ScalarKernels();
            case "vector" -> vector();
            case "auto" -> vectorOrScalar();
            default ->
                throw new InvalidSettingException(
                        PROPERTY,
                        wish,
                        "scalar, vector or auto",
                        "system property " + PROPERTY + " is '" + wish + "'",
                        "it must be scalar, vector or auto");
        };
    }

    private static CpuKernels vectorOrScalar() {
        try {
            return vector();
        } catch (ResourceException e) {
            if (!SAID.getAndSet(true)) {
                LOG.log(
                        modulePresent() ? System.Logger.Level.INFO : System.Logger.Level.WARNING,
                        e.explanation() + "; the scalar kernels run, many times slower");
            }
            return new ScalarKernels();
        }
    }

    /** The kernels on the Vector API. @throws ResourceException if they cannot run here */
    static CpuKernels vector() {
        if (!modulePresent()) {
            throw unable("module " + MODULE + " is not there", "start java with --add-modules " + MODULE, null);
        }
        Optional<String> reason = obstacle();
        if (reason.isPresent()) {
            throw unable(reason.get(), "", null);
        }
        try {
            // the descriptor does not require a module that most applications lack
            KernelChoice.class
                    .getModule()
                    .addReads(ModuleLayer.boot().findModule(MODULE).orElseThrow());
            return Class.forName("org.rlr.tensor.cpu.VectorKernels")
                    .asSubclass(CpuKernels.class)
                    .getDeclaredConstructor()
                    .newInstance();
        } catch (InvocationTargetException e) {
            Throwable cause = e.getTargetException();
            throw unable(String.valueOf(cause.getMessage()), "", cause);
        } catch (ReflectiveOperationException | LinkageError e) {
            throw unable(e.toString(), "", e);
        }
    }

    private static ResourceException unable(String why, String remedy, @Nullable Throwable cause) {
        return new ResourceException(
                ResourceException.Resource.BACKEND, "the vector kernels cannot run: " + why, remedy, cause);
    }

    private static boolean modulePresent() {
        return ModuleLayer.boot().findModule(MODULE).isPresent();
    }

    /**
     * Why vectors would not be compiled to vector instructions; without the optimising compiler they are far slower
     * than plain loops.
     */
    private static Optional<String> obstacle() {
        if (System.getProperty("java.vm.info", "").contains("interpreted mode")) {
            return Optional.of("the Java machine only interprets (-Xint)");
        }
        if (System.getProperty("java.vm.name", "").contains("Client VM")) {
            return Optional.of("the Java machine is a client one, without the C2 compiler");
        }
        if ("true".equals(option("UseJVMCICompiler"))) {
            return Optional.of("the Java machine compiles by JVMCI, not by C2 (UseJVMCICompiler)");
        }
        String level = option("TieredStopAtLevel");
        if (level != null && !level.equals("4") && !"false".equals(option("TieredCompilation"))) {
            return Optional.of("the C2 compiler is off (TieredStopAtLevel=" + level + ")");
        }
        return Optional.empty();
    }

    /**
     * An option of the Java machine, unless it cannot be asked (module jdk.management missing, not HotSpot) or has no
     * such option.
     */
    private static @Nullable String option(String name) {
        try {
            HotSpotDiagnosticMXBean bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            return bean == null ? null : bean.getVMOption(name).getValue();
        } catch (IllegalArgumentException | LinkageError e) {
            return null;
        }
    }
}
