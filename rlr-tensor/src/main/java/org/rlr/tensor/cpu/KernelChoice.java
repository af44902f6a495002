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
 * Selects the kernels: those on the Vector API if they are faster, by the same rules as Apache Lucene, otherwise the
 * scalar ones. The system property {@value #PROPERTY} forces {@code scalar} or {@code vector}, to compare kernels;
 * {@code auto} is the default. It is read once, when this class is loaded, so all backends of a process use the same
 * kernels.
 */
final class KernelChoice {
    static final String PROPERTY = "rlr.cpu.kernels";
    private static final String MODULE = "jdk.incubator.vector";
    private static final System.Logger LOG = System.getLogger(KernelChoice.class.getName());
    private static final AtomicBoolean SAID = new AtomicBoolean();

    private static final String WISH = System.getProperty(PROPERTY, "auto");

    private KernelChoice() {}

    /**
     * Returns the kernels for this process.
     *
     * @throws InvalidSettingException if the property names unknown kernels
     * @throws ResourceException if it names kernels that cannot run here
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
                        e.explanation() + "; using the scalar kernels, which are many times slower");
            }
            return new ScalarKernels();
        }
    }

    /** Returns the kernels on the Vector API. @throws ResourceException if they cannot run here */
    static CpuKernels vector() {
        if (!modulePresent()) {
            throw unable("module " + MODULE + " is missing", "start java with --add-modules " + MODULE, null);
        }
        Optional<String> reason = obstacle();
        if (reason.isPresent()) {
            throw unable(reason.get(), "", null);
        }
        try {
            // the module descriptor does not require this module, which most applications lack
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
     * Returns the reason why the JVM would not compile vectors to vector instructions, if any; without C2 they are far
     * slower than plain loops.
     */
    private static Optional<String> obstacle() {
        if (System.getProperty("java.vm.info", "").contains("interpreted mode")) {
            return Optional.of("the JVM only interprets (-Xint)");
        }
        if (System.getProperty("java.vm.name", "").contains("Client VM")) {
            return Optional.of("the JVM is a client VM without the C2 compiler");
        }
        if ("true".equals(option("UseJVMCICompiler"))) {
            return Optional.of("the JVM compiles with JVMCI instead of C2 (UseJVMCICompiler)");
        }
        String level = option("TieredStopAtLevel");
        if (level != null && !level.equals("4") && !"false".equals(option("TieredCompilation"))) {
            return Optional.of("the C2 compiler is off (TieredStopAtLevel=" + level + ")");
        }
        return Optional.empty();
    }

    /**
     * Returns a JVM option; null if it cannot be read (module jdk.management missing, not HotSpot) or does not exist.
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
