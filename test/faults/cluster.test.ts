import { cutNode, killMinority, killNode, loseQuorum, loseServer, restartAll } from './acts.ts'
import { pauseCron } from './cron.ts'
import { speakOddly } from './names.ts'
import { play } from './stage.ts'

play('a cluster keeps its promises', [
  {
    name: 'N7 node killed',
    title: 'N7: a node that is killed under 500 messages a second loses none, and its clients go on at the other',
    act: killNode,
    load: { publishers: 10, perSecond: 500 }
  },
  {
    name: 'N1 minority of servers and all nodes killed',
    title: 'N1: nothing acknowledged is lost when a minority of the servers and all nodes are killed',
    act: killMinority
  },
  {
    name: 'N3 no quorum',
    title: 'N3: without a quorum everything is refused, the nodes are not ready, and all goes on by itself',
    act: loseQuorum
  },
  {
    name: 'N4 one server lost',
    title: 'N4: messages go on when one server is killed or stands still',
    act: loseServer,
    needsReplicas: true
  },
  {
    name: 'N2 a node cut off',
    title: 'N2: order and recovery hold over nodes when one of them is cut off',
    act: cutNode
  },
  {
    name: 'N1 everything killed',
    title: 'N1: nothing acknowledged is lost when all servers are killed and started again',
    act: restartAll
  },
  {
    name: 'N5 odd names',
    title: 'N5: no name reaches a subject of NATS as it stands',
    act: speakOddly
  },
  {
    name: 'N6 cron with a paused node',
    title: 'N6: a cron job of the cluster fires each time once at most, also when a node that stood still wakes',
    act: pauseCron
  }
])
